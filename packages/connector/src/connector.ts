import type { CatalogueEvent } from '@currents/schema';
import type { z } from 'zod';
import type { CohortImport } from './cohortImport.js';
import type { CohortPull } from './cohortPull.js';
import type { Http } from './http.js';
import type { JsonChunk } from './jsonChunk.js';
import type { UserAnswer, UserQuery } from './userLookup.js';

/**
 * A destination, as the hub sees it. Everything a partner demands is said here and nowhere else.
 *
 * A connector is a value, not a process: it holds no state, and touches no clock, randomness, environment or network
 * of its own. What it needs of the world is handed to `send`.
 */
export interface Connector<Settings = any, Credentials = any, Payload = any> {
  /** Lower-case word stored with every Current, such as `mixpanel`. Never changes. */
  readonly name: string;
  /** What an admin reads, such as `Mixpanel`. */
  readonly label: string;
  /** What an admin may choose. Parsed on save; its descriptions are shown to admins. */
  readonly settings: z.ZodType<Settings>;
  /** What the partner wants to be shown. Sealed at rest; only `send` and `test` ever see it. */
  readonly credentials: z.ZodType<Credentials>;
  /** Why `map` may skip or reject an event: code → a sentence for people. `map` gives no code that is not listed. */
  readonly reasons: Readonly<Record<string, string>>;
  /** The event type's name at the destination, or undefined when the destination does not take the type. */
  nameOf(eventType: string): string | undefined;
  /** Pure: the same event and settings give the same answer, always. Throws only on a bug. */
  map(event: CatalogueEvent, settings: Settings): MapResult<Payload>;
  /** What the partner takes at a time. Data only; the engine keeps to it. */
  rateLimit(settings: Settings): RateLimit<Payload>;
  /**
   * Makes one request and says what became of every item, by id. Never throws for anything a partner or a network
   * can do; an item left out counts as unanswered and is sent again.
   */
  send(items: readonly Item<Payload>[], to: SendContext<Settings, Credentials>): Promise<readonly SendResult[]>;
  /** Asks the partner whether it would take events, without sending any. */
  test(to: SendContext<Settings, Credentials>): Promise<TestResult>;
  /**
   * Asks the partner what it knows of one user; left out when it cannot be asked. One request at most. Never throws for
   * anything a partner or a network can do, and its words repeat neither ids nor credentials.
   */
  lookUpUser?(query: UserQuery, to: SendContext<Settings, Credentials>): Promise<UserAnswer>;
  /** How the partner pushes cohorts; left out when it cannot. */
  readonly cohortImport?: CohortImport;
  /** How the hub fetches cohorts from the partner; left out when it cannot. */
  readonly cohortPull?: CohortPull<Settings, Credentials>;
}

/** An event in the partner's words; or why it is not sent (`skip`: by rule), or would be refused (`reject`: a dead letter). */
export type MapResult<Payload> =
  { readonly payload: Payload } | { readonly skip: string } | { readonly reject: string; readonly detail: string };

/**
 * A payload with its event's id, and the JSON text of the payload: send that, with `joinJson` where the partner takes a
 * list. Payload and text may have to be read back from a chunk of many, so ask for either only when something is wrong.
 */
export interface Item<Payload> {
  readonly id: string;
  readonly payload: Payload;
  readonly json: string;
  /** What this item's text was made together with. */
  readonly chunk?: JsonChunk | undefined;
}

export interface RateLimit<Payload> {
  /** Most events in one request. */
  readonly maxEvents: number;
  /** Most bytes of JSON in one request, measured before compression, the connector's own wrapping included. */
  readonly maxBytes: number;
  /** Most bytes of JSON in one event; a larger one is rejected as `event_too_large`. */
  readonly maxEventBytes: number;
  /** Bytes of JSON that `send` wraps round the items (brackets, keys). A comma per item is counted by the engine. */
  readonly wrapBytes: number;
  /** Most requests under way at once, over one Current and all workers. Each worker makes one at least. */
  readonly maxConcurrentRequests: number;
  /** How much the partner takes per time for one key. */
  readonly budgets: readonly Budget<Payload>[];
}

/** What the partner takes of one key, such as a device, in any period of `perMs`. */
export interface Budget<Payload> {
  /** What the budget is about, for people: `device`, `project`. */
  readonly name: string;
  /** The key a payload counts for; undefined when the budget does not concern it. */
  key(payload: Payload): string | undefined;
  readonly unit: 'events' | 'bytes';
  readonly limit: number;
  readonly periodMs: number;
  /** What the partner takes of one key over a long time, in the same unit. The hub counts, and warns of keys that come near it; what the partner refuses, it holds. */
  readonly quota?: Quota;
}

export interface Quota {
  readonly limit: number;
  /** Counted in steps of an hour. */
  readonly periodMs: number;
}

export interface SendContext<Settings, Credentials> {
  readonly settings: Settings;
  readonly credentials: Credentials;
  readonly http: Http;
}

/** What the partner said of one item in one attempt. */
export type SendResult = { readonly id: string } & SendOutcome;

export type SendOutcome =
  /** The partner has it. */
  | { readonly outcome: 'delivered' }
  /** The partner will never take this one as it is. */
  | { readonly outcome: 'rejected'; readonly code: string; readonly detail: string }
  /**
   * Not now. `event`: only this one waits. `key`: whatever shares its key of the named budget waits with it; of every
   * budget when none is named. `current`: the whole Current waits. Without `afterMs` the engine's own growing wait
   * applies; 0 means at once.
   */
  | {
      readonly outcome: 'deferred';
      readonly code: string;
      readonly detail: string;
      readonly afterMs?: number;
      readonly scope: 'event' | 'key' | 'current';
      readonly budget?: string;
    }
  /** The request was refused, not the event: the engine asks again in halves until the culprit stands alone. */
  | { readonly outcome: 'split'; readonly code: string; readonly detail: string }
  /** Nothing passes until a person repairs the Current: refused credentials, a wrong region. */
  | { readonly outcome: 'blocked'; readonly code: string; readonly detail: string };

export type TestResult =
  | { readonly outcome: 'passed' }
  | { readonly outcome: 'refused' | 'unreachable'; readonly code: string; readonly detail: string };
