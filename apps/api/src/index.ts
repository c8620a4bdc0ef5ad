export { readConfig } from './config.js';
export { connectors, segmentExports } from './connectors.js';
