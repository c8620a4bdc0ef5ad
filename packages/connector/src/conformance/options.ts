import type { Connector, SendOutcome } from '../connector.js';
import type { HttpAnswer } from '../http.js';

/** What `describeConnector` needs besides the contract and the catalogue. */
export interface ConformanceOptions<Settings, Credentials, Payload> {
  readonly connector: Connector<Settings, Credentials, Payload>;
  /** The folder of the package, ending in a slash: its files may not contain a TODO. Not checked when left out. */
  readonly sources?: URL;
  /** The folder of `*.json` files, ending in a slash: `new URL('../examples/', import.meta.url)`. */
  readonly examples: URL;
  readonly settings: Inputs;
  /** `secrets` are the fields that must never be shown again. */
  readonly credentials: Inputs & { readonly secrets: readonly string[] };
  /** What this partner answers to `send`, and the expected outcomes. */
  readonly answers: readonly ScriptedCase[];
  /**
   * Set where the partner confirms all events of a request by a success that says nothing of them, as its reference has
   * to say. Then such a success has to deliver them; otherwise it must not do so without a warning.
   */
  readonly confirmsBySuccess?: boolean;
  /** What differs on each route of `RateLimit.routes`, by name; all of those that the first valid settings have. */
  readonly routes?: Readonly<Record<string, RouteOptions>>;
  /** What this partner answers to `test`, with valid and with invalid credentials. */
  readonly test: { readonly passed: HttpAnswer; readonly refused: HttpAnswer };
}

export interface Inputs {
  /** As admins write them. Where any would do, the first one is used. */
  readonly valid: readonly Readonly<Record<string, unknown>>[];
  readonly invalid: readonly InvalidInput[];
}

export interface InvalidInput {
  /** The field that the message has to name. */
  readonly field: string;
  readonly value: unknown;
}

export interface RouteOptions {
  /** What this partner answers to `send` there, and the expected outcomes. */
  readonly answers: readonly ScriptedCase[];
  /** Bodies of a success by which the partner confirms all events there, as its reference has to say. */
  readonly confirmedBy?: readonly unknown[];
  /** Whether a repetition changes nothing there, so that a payload needs no id. */
  readonly isIdempotent?: boolean;
}

export interface ScriptedCase {
  readonly name: string;
  readonly answer: HttpAnswer;
  /** One outcome for all items, or one for each of as many items. */
  readonly then: SendOutcome['outcome'] | readonly SendOutcome['outcome'][];
}
