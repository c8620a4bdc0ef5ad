import type { Connector, SendOutcome } from '../connector.js';
import type { HttpAnswer } from '../http.js';

/** What `describeConnector` has to be told; everything else it knows from the contract and the catalogue. */
export interface ConformanceOptions<Settings, Credentials, Payload> {
  readonly connector: Connector<Settings, Credentials, Payload>;
  /** The folder of the package, ending in a slash: its files may not contain a TODO. Not checked when left out. */
  readonly sources?: URL;
  /** The folder of `*.json` files, ending in a slash: `new URL('../examples/', import.meta.url)`. */
  readonly examples: URL;
  readonly settings: {
    /** As admins write them. The first one is used wherever the choice does not matter. */
    readonly valid: readonly Readonly<Record<string, unknown>>[];
    readonly invalid: readonly InvalidInput[];
  };
  readonly credentials: {
    readonly valid: readonly Readonly<Record<string, unknown>>[];
    readonly invalid: readonly InvalidInput[];
    /** The fields that nobody may ever read again. */
    readonly secrets: readonly string[];
  };
  /** What this partner answers to `send`, and what has to become of the items. */
  readonly answers: readonly ScriptedCase[];
  /** What this partner answers to `test`, with valid and with invalid credentials. */
  readonly test: { readonly passed: HttpAnswer; readonly refused: HttpAnswer };
}

export interface InvalidInput {
  /** The field that has to be named in the complaint. */
  readonly field: string;
  readonly value: unknown;
}

export interface ScriptedCase {
  readonly name: string;
  readonly answer: HttpAnswer;
  /** One outcome for all items, or one for each of as many items. */
  readonly then: SendOutcome['outcome'] | readonly SendOutcome['outcome'][];
}
