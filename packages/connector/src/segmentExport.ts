import type { z } from 'zod';
import type { Member } from './cohortImport.js';
import type { Item, SendContext, SendResult, TestResult } from './connector.js';

/**
 * A destination that holds the members of segments: what `Connector` is for events. A segment is held as one object at
 * the destination, such as a custom attribute, and each member as one value in it.
 *
 * It is a value, too: it holds no state, and uses no clock, randomness, environment or network of its own. The engine
 * decides whom to send and remembers what was sent; the connector only knows the destination's requests.
 */
export interface SegmentExport<Settings = any, Credentials = any, Payload = any> {
  /** Lower-case word that is stored with every sync, such as `braze`; it cannot be changed later. */
  readonly name: string;
  /** The name for admins, such as `Braze`. */
  readonly label: string;
  /** Parsed on save; its descriptions are shown to admins. */
  readonly settings: z.ZodType<Settings>;
  /** Sealed at rest; only passed to `send` and `test`. */
  readonly credentials: z.ZodType<Credentials>;
  /** Why `map` may refuse a member: code → a sentence. `map` returns only listed codes. */
  readonly reasons: Readonly<Record<string, string>>;
  /** The origins of all requests with these settings; without settings, of all requests there may be. */
  origins(settings?: Settings): readonly string[];
  /** Which object of which account the members are written to. No two syncs of a hub write to the same one. */
  objectOf(settings: Settings): ExportObject;
  /** The setting that names the object, such as `attribute`: forms begin with the suggested name in it. */
  readonly nameSetting: string & keyof Settings;
  /** A name for the object that holds a segment of this name, which the settings accept. */
  suggestName(segmentName: string): string;
  /** Pure: what a request says of a user who is a member, or is not one. */
  map(member: Member, isMember: boolean, settings: Settings): ExportMapResult<Payload>;
  /** The destination's limits, which the engine enforces. */
  limits(settings: Settings): ExportLimits;
  /**
   * Makes one request with changes of different users, and returns the outcome of every item, by id. Never throws for
   * errors of the destination or the network; an item without an outcome counts as unanswered. A repetition changes
   * nothing at the destination: the engine sends an item again when it is not known whether it arrived.
   */
  send(items: readonly Item<Payload>[], to: SendContext<Settings, Credentials>): Promise<readonly SendResult[]>;
  /** Checks whether the destination would accept members, without sending any. */
  test(to: SendContext<Settings, Credentials>): Promise<TestResult>;
}

export interface ExportObject {
  /** What tells the destination's accounts apart, as far as settings can, such as a host. */
  readonly account: string;
  /** The object's name in the account. */
  readonly name: string;
}

/** A change in the destination's format, or why it cannot be sent: the member counts as refused. */
export type ExportMapResult<Payload> =
  { readonly payload: Payload } | { readonly reject: string; readonly detail: string };

export interface ExportLimits {
  /** Maximum changes per request. */
  readonly maxItems: number;
  /** Maximum bytes of JSON per request, including `wrapBytes`. */
  readonly maxBytes: number;
  /** Bytes of JSON that `send` adds around the items. The engine counts a comma per item. */
  readonly wrapBytes: number;
  /** Maximum of concurrent requests of one sync. */
  readonly maxConcurrentRequests: number;
  /** Maximum requests of one account in any period of `periodMs`. The engine spaces them evenly. */
  readonly requests: { readonly limit: number; readonly periodMs: number };
  /**
   * The engine waits for so long, in milliseconds, before it takes back what it has sent of a user: destinations may work
   * requests off in another order. 0 where they do not.
   */
  readonly reversalMs: number;
  /** How often an item is sent that the destination defers on its own (`event`), before it counts as refused. */
  readonly maxTries: number;
  /** What each accepted item costs at the destination, in its own unit such as `data points`; left out if nothing. */
  readonly cost?: { readonly unit: string; readonly perItem: number };
}
