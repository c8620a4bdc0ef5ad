export { tidemark } from './tidemark.js';
