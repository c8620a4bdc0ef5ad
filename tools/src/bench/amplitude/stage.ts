import type { OptionValues } from '../../options.js';
import { queueKinds, type Stage } from '../bench.js';
import type { Hub } from '../hub/openHub.js';

export const options = {
  hot: { type: 'number', default: 3_000, min: 1, max: 100_000, help: 'events a second of the hot device' },
  others: { type: 'number', default: 1_000, min: 100, max: 100_000, help: 'events a second of all other devices' },
  seconds: { type: 'number', default: 20, min: 1, max: 600, help: 'how long they flow' },
  rounds: { type: 'number', default: 3, min: 1, max: 50, help: 'rounds; what is compared takes turns, medians count' },
  events: {
    type: 'number',
    default: 200_000,
    min: 1_000,
    max: 10_000_000,
    help: 'events of a round to both destinations',
  },
  requestEvents: {
    type: 'number',
    default: 25,
    min: 1,
    max: 5_000,
    help: 'events of a request that flows; the platform sends up to 100',
  },
  slowMs: { type: 'number', default: 30_000, min: 1, max: 59_000, help: 'how long the slow partner takes to answer' },
  queue: { type: 'choice', choices: queueKinds, default: 'postgres', help: 'where queue and budgets are' },
  only: { type: 'choice', choices: ['hot-device', 'slow-partner', 'both'], help: 'one part alone' },
} as const;

export type AmplitudeOptions = OptionValues<typeof options>;

/** The stage of one part, with its options and a hub that has no Current yet. */
export interface AmplitudeStage extends Stage {
  readonly options: AmplitudeOptions;
  openHub(): Promise<Hub>;
}

/** Connections of every generator. */
export const connections = 64;
