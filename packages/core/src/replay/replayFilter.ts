import { catalogue } from '@currents/schema';
import { Outcome } from '../batch/outcome.js';

/**
 * What became of an event at a Current. `unselected`: its type was not selected, or the Current was not live yet.
 * `discarded`: rejected or expired, and an admin has discarded the dead letter; it is neither `rejected` nor `expired` then.
 */
export const replayOutcomes = ['delivered', 'skipped', 'rejected', 'expired', 'discarded', 'unselected'] as const;
export type ReplayOutcome = (typeof replayOutcomes)[number];

/** Which events of a Current to replay. A field that is left out restricts nothing. */
export interface EventReplayFilter {
  /** What became of them at last: an event that was rejected, replayed and delivered is `delivered`. */
  readonly outcomes: readonly ReplayOutcome[];
  /** Accepted at or after. */
  readonly from?: Date | undefined;
  /** Accepted before. */
  readonly to?: Date | undefined;
  /** Names of event types. Only types that the Current selects are replayed in any case. */
  readonly eventTypes?: readonly string[] | undefined;
  /** External user ids, device ids or user ids. */
  readonly users?: readonly string[] | undefined;
}

/** More than an admin pastes by hand; each event of the range is looked up among them. */
export const maxUsers = 1_000;

/** Stands for a discarded dead letter where outcomes are read for a replay. No delivery stores it. */
export const discardedByte = 8;

/** Whether an outcome byte is among these outcomes; pending is never, because the event is on its way already. */
export function outcomeTest(outcomes: readonly ReplayOutcome[]): (byte: number) => boolean {
  const wanted = new Uint8Array(256);
  for (const outcome of outcomes) {
    if (outcome === 'skipped') wanted.fill(1, Outcome.skipped);
    else if (outcome === 'discarded') wanted[discardedByte] = 1;
    else wanted[Outcome[outcome]] = 1;
  }
  return (byte) => wanted[byte] === 1;
}

/** The event types of the first list that the second one names; all of them without a second one. */
export function restricted(carried: readonly string[], wanted: readonly string[] | undefined): readonly string[] {
  return wanted === undefined ? carried : carried.filter((name) => wanted.includes(name));
}

/** Names that are no event types of the catalogue. */
export function unknownTypes(names: readonly string[]): readonly string[] {
  const known = new Set(catalogue.map(({ name }) => name));
  return names.filter((name) => !known.has(name));
}
