import type { Figures } from '../../src/capacity/figures.js';
import { none } from '../../src/capacity/units.js';

/** Figures that are easy to multiply. */
export const exampleFigures: Figures = {
  commit: 'abc1234',
  machine: { processor: 'Example 9000', cores: 2, node: '20.20.2', postgres: '18.4' },
  loadBefore: 0.1,
  sources: { cpu: 'made up' },
  costs: {
    api: { ...none, second: 1_000, event: 5, request: 100, commit: 1_000 },
    worker: { ...none, second: 2_000, delivery: 200, deliveredEvent: 10, partnerRequest: 2_000 },
    postgres: { ...none, second: 4_000, event: 1, request: 10, commit: 500, delivery: 200 },
    wal: { ...none, event: 100, request: 300, commit: 800 },
    stored: { ...none, event: 100, request: 150, commit: 2_000, delivery: 100, deliveredEvent: 1 },
  },
  fitErrors: { api: 0.1 },
  eventBytes: 600,
  partnerEventBytes: 90,
  partnerJsonBytes: 550,
  requestIndexBytes: 0,
  fsyncMs: 1,
  connectionsPerProcess: 30,
  redisCallsPerCurrentSecond: 50,
  redisCallsPerPartnerRequest: 2,
  runs: [],
};
