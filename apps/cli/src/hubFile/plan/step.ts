import type { MutationName } from '../documents.js';
import type { HubFile } from '../hubFile.js';
import type { HubState } from '../readHub.js';
import type { Secrets } from '../secrets.js';

/** Steps run in this order: what others need comes first, and what sends events comes last. */
export const stages = ['pause', 'partners', 'currents', 'cohorts', 'segments', 'keys', 'launch', 'delete'] as const;

/** A change of a hub. */
export interface Step {
  readonly stage: (typeof stages)[number];
  readonly verb: 'create' | 'change' | 'launch' | 'pause' | 'resume' | 'delete' | 'revoke';
  /** What it is done to, such as `Current mail`. */
  readonly subject: string;
  /** What changes, such as `lingerMs: 250 → 0`. Holds no secret. */
  readonly details: readonly string[];
  /** Throws `CommandFailure` when the hub refuses it. */
  run(work: Work): Promise<void>;
}

/** What steps work with. */
export interface Work {
  /** Runs a mutation and returns its payload. */
  ask<Payload extends object>(mutation: MutationName, input: Readonly<Record<string, unknown>>): Promise<Payload>;
  /** The id of what the hub had, or what a step has created; throws `CommandFailure` when that has failed. */
  idOf(thing: Thing): string;
  learn(thing: Thing, id: string): void;
  /** Shows what the hub answers only once. */
  showSecret(secret: ShownSecret): void;
}

/** Something that others name. */
export interface Thing {
  readonly kind: 'Current' | 'cohort' | 'segment';
  readonly name: string;
}

export interface ShownSecret {
  readonly kind: 'ingest token' | 'import key' | 'webhook' | 'notice webhook';
  readonly name: string;
  readonly secret: string;
}

/** What a plan is made of. */
export interface Planning {
  readonly file: HubFile;
  readonly hub: HubState;
  readonly secrets: Secrets;
  /** Whether what the file does not name is deleted. */
  readonly isPruning: boolean;
  /** Whether the credentials of Currents that have some are replaced by those that the file names. */
  readonly replacesCredentials: boolean;
  /** Whether Currents are launched without a test of their credentials. */
  readonly skipsTest: boolean;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** What the hub has, and the file does not name. */
  readonly leftOver: readonly string[];
  /** What is not done, and what to do about it. */
  readonly notes: readonly string[];
  /** Why the file cannot be applied to this hub. */
  readonly problems: readonly string[];
}

export const emptyPlan: Plan = { steps: [], leftOver: [], notes: [], problems: [] };

export function joinPlans(plans: readonly Plan[]): Plan {
  return {
    steps: plans
      .flatMap(({ steps }) => steps)
      // A stable sort: steps of a stage stay in the order of the file.
      .toSorted((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage)),
    leftOver: plans.flatMap(({ leftOver }) => leftOver),
    notes: plans.flatMap(({ notes }) => notes),
    problems: plans.flatMap(({ problems }) => problems),
  };
}

/** Whether two names are the same for the hub. */
export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
