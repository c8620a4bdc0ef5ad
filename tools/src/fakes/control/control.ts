import type { FaultRule } from '../faults/rule.js';
import type { LedgerSnapshot, Summary } from '../ledger.js';

/** What a test or a demo does with a running fake; the same over HTTP by `connectControl`. */
export interface FakeControl<Project, Profile> {
  /** Takes everything back to how the fake was started. */
  reset(): void;
  now(): number;
  /** Stops the virtual clock at this moment. */
  setClock(ms: number): void;
  advanceClock(ms: number): void;
  /** Lets the virtual clock run: 1 is real time, 0 stands still. */
  runClock(speed: number): void;
  profile(): Profile;
  /** Throws when a switch or its value does not exist. */
  setProfile(change: Partial<Profile>): void;
  /** Throws when the project lacks something or one of its keys is in use. */
  createProject(project: Project): void;
  /** Answers the rule's id. Throws when the rule makes no sense. */
  addFault(rule: FaultRule): string;
  removeFault(id: string): boolean;
  faults(): readonly FaultRule[];
  /** Entries of requests after `since`; empty in a lean ledger. */
  ledger(since?: number): LedgerSnapshot;
  /** The raw body of one request as it came over the wire; undefined in a lean ledger. */
  body(seq: number): Uint8Array | undefined;
  summary(): Summary;
  /** Those of the ids that were never stored. Works in a lean ledger too. */
  missing(ids: readonly string[]): readonly string[];
}

/** A control whose functions answer by promise. */
export type Remote<Control> = {
  readonly [Name in keyof Control]: Control[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Promise<Answer>
    : never;
};
