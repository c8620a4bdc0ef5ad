export { readConfig } from './config.js';
