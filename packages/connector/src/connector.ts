import type { CatalogueEvent } from '@currents/schema';
import type { z } from 'zod';
import type { CohortImport } from './cohortImport.js';
import type { CohortPull } from './cohortPull.js';
import type { Http } from './http.js';
import type { UserAnswer, UserQuery } from './userLookup.js';

/**
 * A destination, with everything that is specific to the partner.
 *
 * A connector is a value: it holds no state, and uses no clock, randomness, environment or network of its own. `send`
 * receives an HTTP client.
 */
export interface Connector<Settings = any, Credentials = any, Payload = any> {
  /** Lower-case word that is stored with every Current, such as `mixpanel`; it cannot be changed later. */
  readonly name: string;
  /** The name for admins, such as `Mixpanel`. */
  readonly label: string;
  /** Parsed on save; its descriptions are shown to admins. */
  readonly settings: z.ZodType<Settings>;
  /** Sealed at rest; only passed to `send`, `test`, `lookUpUser` and `cohortPull`. */
  readonly credentials: z.ZodType<Credentials>;
  /** Why `map` may skip or reject an event: code → a sentence. `map` returns only listed codes. */
  readonly reasons: Readonly<Record<string, string>>;
  /**
   * The origins, such as `https://api.example.com`, of all requests with these settings; without settings, of all requests
   * there may be. A firewall has to allow them, and `npm run doctor` tries them.
   */
  origins(settings?: Settings): readonly string[];
  /**
   * The event type's name at the destination, or undefined when the destination does not accept the type whatever the
   * settings. `map` skips a type that the settings leave out.
   */
  nameOf(eventType: string): string | undefined;
  /**
   * Pure: the same arguments always give the same result. Throws only on a bug.
   * @param isReplay whether the event is sent again, or long after it came. Newer events of its user may have been sent
   * before it, so the payload must change nothing that they have set, such as properties of the user.
   */
  map(event: CatalogueEvent, settings: Settings, isReplay?: boolean): MapResult<Payload>;
  /** How the partner recognises an event that it has accepted before; left out if each repetition counts. */
  readonly deduplication?: Deduplication;
  /**
   * How far in the future an event may be dated, in milliseconds; the engine rejects one that is later, because `map` has
   * no clock. Left out where the partner itself refuses such events, or takes them.
   */
  readonly maxAheadMs?: number;
  /** The partner's limits, which the engine enforces. */
  rateLimit(settings: Settings): RateLimit<Payload>;
  /**
   * Makes one request and returns the outcome of every item, by id. Never throws for errors of the partner or the
   * network; an item without an outcome counts as unanswered and is sent again. What it asks for does not depend on what
   * the credentials are, so that `recordRequest` can show the request without them.
   */
  send(items: readonly Item<Payload>[], to: SendContext<Settings, Credentials>): Promise<readonly SendResult[]>;
  /** Checks whether the partner would accept events, without sending any. */
  test(to: SendContext<Settings, Credentials>): Promise<TestResult>;
  /**
   * Reads one user's profile with at most one request; left out if the partner has none. Never throws for errors of the
   * partner or the network, and returns no ids or credentials in its messages.
   */
  lookUpUser?(query: UserQuery, to: SendContext<Settings, Credentials>): Promise<UserAnswer>;
  /** How the partner pushes cohorts; left out if it cannot. */
  readonly cohortImport?: CohortImport;
  /** How the hub fetches cohorts from the partner; left out if it cannot. */
  readonly cohortPull?: CohortPull<Settings, Credentials>;
}

/** A repetition of an event that the partner has accepted counts once. */
export interface Deduplication {
  /** By what the partner recognises a repetition and what is left of it, in a sentence for admins. */
  readonly rule: string;
  /** For so long after it accepted an event, in milliseconds; without it, for ever. */
  readonly windowMs?: number;
  /** Where the partner says so: the title of a page. */
  readonly source: string;
}

/**
 * An event in the partner's format, or why it is not sent: `skip` by rule, `reject` as a dead letter. `route` names one of
 * `RateLimit.routes`, for a payload that the partner accepts at another endpoint.
 */
export type MapResult<Payload> =
  | { readonly payload: Payload; readonly route?: string }
  | { readonly skip: string }
  | { readonly reject: string; readonly detail: string };

/**
 * A payload with its event's id and JSON text. Send the text, in lists with `joinJson`. Reading `payload` or `json` of a
 * single item may parse a chunk, so do it only after an error.
 */
export interface Item<Payload> {
  readonly id: string;
  readonly payload: Payload;
  readonly json: string;
  /** The route that `map` named, if it did; the same for all items of a request. */
  readonly route?: string | undefined;
  /** The chunk that contains this item's text. */
  readonly chunk?: JsonChunk | undefined;
}

/** Items that were serialised together, which costs much less than one by one. */
export interface JsonChunk {
  /** The items' texts, in order, separated by commas, in UTF-8. */
  readonly json: Uint8Array;
  /** The items' ids, in order. */
  readonly ids: readonly string[];
}

/** What the partner accepts in one request. */
export interface RequestLimits {
  /** Maximum events per request. */
  readonly maxEvents: number;
  /** Maximum bytes of JSON per request before compression, including `wrapBytes`. */
  readonly maxBytes: number;
  /** Maximum bytes of JSON per event; a larger one is rejected as `event_too_large`. */
  readonly maxEventBytes: number;
  /** Bytes of JSON that `send` adds around the items (brackets, keys). The engine counts a comma per item. */
  readonly wrapBytes: number;
  /** Bytes of JSON that `send` adds as members of each item, which is an object, such as a key; 0 by default. */
  readonly itemBytes?: number;
}

export interface RateLimit<Payload> extends RequestLimits {
  /** Maximum of concurrent requests of one Current over all workers. Each worker makes at least one. */
  readonly maxConcurrentRequests: number;
  readonly budgets: readonly Budget<Payload>[];
  /**
   * The endpoints that accept other payloads than most, by name, with those limits that differ; `maxBytes` can only be
   * lower. A request has the items of one route, and the events of a user keep their order across routes. Left out
   * where `map` names no route with these settings.
   */
  readonly routes?: Readonly<Record<string, Partial<RequestLimits>>>;
}

/** What the partner accepts for one key, such as a device, in any period of `periodMs`. */
export interface Budget<Payload> {
  /** The kind of key: `device`, `project`. */
  readonly name: string;
  /** The key of a payload; undefined when the budget does not apply to it. */
  key(payload: Payload): string | undefined;
  readonly unit: 'events' | 'bytes';
  readonly limit: number;
  readonly periodMs: number;
  /** What the partner accepts for one key over a long time, in the same unit. The hub warns of keys near it. */
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

/** The outcome of one item in one attempt. */
export type SendResult = { readonly id: string } & SendOutcome;

export type SendOutcome =
  /** `warning`: why the partner's answer, a success, does not confirm the event; the hub logs and counts it. */
  | { readonly outcome: 'delivered'; readonly warning?: string }
  /** The partner will never accept this event as it is. */
  | { readonly outcome: 'rejected'; readonly code: string; readonly detail: string }
  /**
   * Retried later: only this event (`event`), all events with the same key of the named budget or, without one, of every
   * budget (`key`), or the whole Current (`current`). After `afterMs` (0: at once), by default exponential backoff.
   */
  | {
      readonly outcome: 'deferred';
      readonly code: string;
      readonly detail: string;
      readonly afterMs?: number;
      readonly scope: 'event' | 'key' | 'current';
      readonly budget?: string;
    }
  /**
   * The request was refused, not the event: the engine bisects it until the event at fault is alone. `isTooLarge`: for its
   * size (413); the Current's next requests are smaller, too.
   */
  | { readonly outcome: 'split'; readonly code: string; readonly detail: string; readonly isTooLarge?: boolean }
  /** An admin has to repair the Current: refused credentials, a wrong region. */
  | ({ readonly outcome: 'blocked'; readonly code: string; readonly detail: string } & CompressionBlame);

/** A refusal that may be about the compression of the request: the engine repeats it once without. */
export interface CompressionBlame {
  readonly isCompressionRefused?: boolean;
}

export type TestResult =
  | { readonly outcome: 'passed' }
  | ({
      readonly outcome: 'refused' | 'unreachable';
      readonly code: string;
      readonly detail: string;
    } & CompressionBlame);
