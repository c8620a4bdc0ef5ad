import { choice, number, type OptionValues } from '../../options.js';
import { queueKinds, type Stage } from '../bench.js';
import type { Hub } from '../hub/openHub.js';

export const options = {
  hot: number(3_000, 1, 100_000, 'events a second of the hot device'),
  others: number(1_000, 100, 100_000, 'events a second of all other devices'),
  seconds: number(20, 1, 600, 'how long they flow'),
  rounds: number(3, 1, 50, 'rounds; what is compared takes turns, medians count'),
  events: number(200_000, 1_000, 10_000_000, 'events of a round to both destinations'),
  requestEvents: number(25, 1, 5_000, 'events of a request that flows; the platform sends up to 100'),
  slowMs: number(30_000, 1, 59_000, 'how long the slow partner takes to answer'),
  queue: choice(queueKinds, 'postgres', 'where queue and budgets are'),
  only: choice(['hot-device', 'slow-partner', 'both'], undefined, 'one part alone'),
};

/** The setup of one part: its options and a hub without a Current. */
export interface AmplitudeStage extends Stage {
  readonly options: OptionValues<typeof options>;
  openHub(): Promise<Hub>;
}

/** The number of connections of each generator. */
export const connections = 64;
