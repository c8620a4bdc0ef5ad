export { readConfig } from './config.js';
export { connectors } from './connectors.js';
