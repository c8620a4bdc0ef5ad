export { nodeFlags } from './programs/nodeFlags.js';
