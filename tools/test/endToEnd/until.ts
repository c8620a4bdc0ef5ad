export { until } from '../../src/until.js';
