import type { CohortReference, Member } from './cohortImport.js';
import type { Http, HttpAnswer, HttpRequest } from './http.js';

/**
 * How the hub fetches cohorts where the partner cannot push them. Holds no state and waits for nothing: every call goes
 * one step, and says what comes next and after how long. The engine keeps the place and does the waiting, so a pull
 * survives the worker that began it.
 */
export interface CohortPull<Settings, Credentials> {
  /** What an admin has to know first: which credentials it takes, and what it costs of the partner's quotas. */
  readonly description: string;
  /** What the partner takes of one project. The engine keeps to it; a partner that feels it broken answers `deferred`. */
  readonly limits: PullLimits;
  /** The partner's cohorts. Never throws for anything a partner or a network can do. */
  list(to: PullContext<Settings, Credentials>): Promise<CohortList>;
  /**
   * Goes one step: from `place` if there is one, otherwise from the beginning. Calls `take` for every page of members
   * and waits for it; a member may come more than once. Rejects only with what `take` rejects with.
   */
  pull(
    cohortId: string,
    place: PullCursor | undefined,
    to: PullContext<Settings, Credentials>,
    take: OnPage,
  ): Promise<PullStep>;
}

export interface PullContext<Settings, Credentials> {
  readonly settings: Settings;
  readonly credentials: Credentials;
  readonly http: StreamingHttp;
}

/** As `Http`, for answers of any length. */
export interface StreamingHttp extends Http {
  /**
   * Like `request`; but the body of a 2xx answer goes to `take`, piece by piece, each waited for, and `body` is empty.
   * Answers after the last piece, with a failure when the connection broke off before it or stood still for longer
   * than the operator's request timeout. Rejects only with what `take` rejects with.
   */
  stream(request: HttpRequest, take: (piece: Uint8Array) => Promise<void> | void): Promise<HttpAnswer>;
}

export interface PullLimits {
  /** Most steps under way at once. */
  readonly maxConcurrentSteps: number;
  /** In any period of `perMs`: steps, or pulls begun. */
  readonly budgets: readonly { readonly unit: 'steps' | 'pulls'; readonly limit: number; readonly periodMs: number }[];
  /** Cohorts of more members than this cannot be pulled; undefined when the partner names no limit. */
  readonly maxMembers?: number;
}

/** Where a pull goes on; JSON text of the connector's own, without anything secret in it. */
export type PullCursor = string;

export type OnPage = (page: MemberPage) => Promise<void>;

export interface MemberPage {
  readonly members: readonly Member[];
  /** Members that had no usable id, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** How many members the partner says there are in all, where it says so. */
  readonly total?: number;
}

export type PullStep =
  /** Every member of the cohort has been handed over, in this step and those before. */
  | { readonly outcome: 'complete' }
  /** It goes on from `place`, after `afterMs` (0: at once). Whatever was handed over counts. */
  | { readonly outcome: 'continue'; readonly cursor: PullCursor; readonly afterMs: number }
  | PullFailure;

/**
 * What keeps a step from being made.
 * `deferred`: make the same step again, after `afterMs`, or the engine's own growing wait. What it handed over comes again.
 * `failed`: this pull is over, and what it handed over is void. `recovery` says what has to happen before another one:
 * nothing but time, a person's repair, or nothing at all because the partner has no such cohort.
 */
export type PullFailure =
  | { readonly outcome: 'deferred'; readonly code: string; readonly detail: string; readonly afterMs?: number }
  | {
      readonly outcome: 'failed';
      readonly code: string;
      readonly detail: string;
      readonly recovery: 'automatic' | 'manual' | 'none';
    };

export type CohortList = { readonly outcome: 'listed'; readonly cohorts: readonly PartnerCohort[] } | PullFailure;

/** A cohort as the partner lists it. */
export interface PartnerCohort extends CohortReference {
  /** How many members the partner counts. */
  readonly size?: number;
  /** When the partner computed it, in Unix milliseconds. */
  readonly computedAtMs?: number;
}
