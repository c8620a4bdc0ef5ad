import type { CohortReference, Member } from './cohortImport.js';
import type { Http, HttpAnswer, HttpRequest } from './http.js';

/**
 * How the hub fetches cohorts where the partner cannot push them. Stateless: every call makes one step and returns the
 * cursor of the next one and the wait before it. The engine stores the cursor and waits, so another worker can continue.
 */
export interface CohortPull<Settings, Credentials> {
  /** For admins: the necessary credentials, and the use of the partner's quotas. */
  readonly description: string;
  /** The partner's limits per project, which the engine enforces. */
  readonly limits: PullLimits;
  /** Lists the partner's cohorts. Never throws for errors of the partner or the network. */
  list(to: PullContext<Settings, Credentials>): Promise<CohortList>;
  /**
   * Makes one step from `cursor`, or the first one. Calls `onPage` for every page of members and awaits it; a member may
   * be on several pages. Rejects only with what `onPage` rejects with.
   */
  pull(
    cohortId: string,
    cursor: PullCursor | undefined,
    to: PullContext<Settings, Credentials>,
    onPage: OnPage,
  ): Promise<PullStep>;
}

export interface PullContext<Settings, Credentials> {
  readonly settings: Settings;
  readonly credentials: Credentials;
  readonly http: StreamingHttp;
}

/** Like `Http`, for answers of any length. */
export interface StreamingHttp extends Http {
  /**
   * Like `request`, but passes the body of a 2xx answer to `onChunk`, chunk by chunk, awaits each, and returns an empty
   * `body`. Returns a failure when the connection breaks or is idle for longer than the operator's request timeout.
   * Rejects only with what `onChunk` rejects with.
   */
  stream(request: HttpRequest, onChunk: (chunk: Uint8Array) => Promise<void> | void): Promise<HttpAnswer>;
}

export interface PullLimits {
  /** Maximum of concurrent steps. */
  readonly maxConcurrentSteps: number;
  /** Maximum of steps, or of pulls started, in any period of `periodMs`. */
  readonly budgets: readonly { readonly unit: 'steps' | 'pulls'; readonly limit: number; readonly periodMs: number }[];
  /** Maximum members of a cohort that can be pulled; undefined without a limit. */
  readonly maxMembers?: number;
}

/** Where a pull continues: JSON text of the connector, without secrets. */
export type PullCursor = string;

export type OnPage = (page: MemberPage) => Promise<void>;

export interface MemberPage {
  readonly members: readonly Member[];
  /** Numbers of members without a usable id, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** The total number of members, if the partner reports it. */
  readonly total?: number;
}

export type PullStep =
  /** All members have been handed over, in this step and those before. */
  | { readonly outcome: 'complete' }
  /** Continues from `cursor` after `afterMs` (0: at once). */
  | { readonly outcome: 'continue'; readonly cursor: PullCursor; readonly afterMs: number }
  | PullFailure;

/**
 * Why a step failed.
 * `deferred`: repeat the step after `afterMs`, by default with exponential backoff; its members are handed over again.
 * `failed`: the pull ends and its members are discarded. `recovery`: the next pull may succeed (`automatic`), an admin
 * has to act first (`manual`), or the partner has no such cohort (`none`).
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
  /** The partner's count of members. */
  readonly size?: number;
  /** When the partner computed it, in Unix milliseconds. */
  readonly computedAtMs?: number;
}
