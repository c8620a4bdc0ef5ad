/**
 * How a partner pushes cohorts to the hub. Pure: reads the key and the changes, and writes the answer in the partner's
 * protocol. The engine checks the key, and stores and applies the changes.
 */
export interface CohortImport {
  /** The routes below `/partners/<name>/`, such as `webhook` or `lists/:listId/add`. */
  readonly routes: readonly CohortRoute[];
  /** The cohort's name at the hub, such as `[Amplitude] Buyers: 7khm89cz`; by default its plain name. */
  displayName?(cohort: { readonly id: string; readonly name: string }): string;
}

export interface CohortRoute {
  readonly method: 'POST';
  /** Below `/partners/<name>/`; a part that begins with a colon matches any text, which `Push.path` has by its name. */
  readonly path: string;
  /** What an admin enters at the partner, and how the key is sent: `Basic password`, `body client_secret`. */
  readonly description: string;
  /**
   * Where the key is. One in the headers is checked before the body is read, so `readKey` gets an empty body. One in the
   * body has to be found without parsing it (`textInBody`), because the sender is not known yet.
   */
  readonly keyIn: 'headers' | 'body';
  /** A push that the partner sends, for the description of the api. A key in the body is `exampleImportKey`. */
  readonly example?: Readonly<Record<string, unknown>>;
  /** The data import key in the request, or undefined. */
  readKey(push: Push): string | undefined;
  /** The partner's own key, where the protocol has one. Checked only if the operator has set one. */
  readPartnerKey?(push: Push): string | undefined;
  /** The changes in the push, or why it is refused. Never throws. */
  parse(push: Push): ParsedPush;
  /** The answer in the partner's protocol. */
  reply(push: Push, result: PushResult): PushReply;
}

/** Stands for the data import key in `CohortRoute.example`. */
export const exampleImportKey = '<data import key>';

export interface Push {
  readonly path: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export type ParsedPush =
  | {
      readonly changes: readonly CohortChange[];
      /** Identifies a push of this partner, and its repetitions; undefined if the partner sends no such id. */
      readonly dedupeKey?: string;
      /** Numbers of members without a usable id, by reason. */
      readonly refused: Readonly<Record<string, number>>;
    }
  | { readonly unreadable: string };

/** A change of one cohort. An undeclared cohort is created by the first change that names it. */
export type CohortChange =
  /** Creates or renames the cohort. */
  | { readonly kind: 'declare'; readonly cohort: CohortReference }
  /** One page of a whole membership, which replaces the old one when every page of its session has arrived. */
  | {
      readonly kind: 'replace';
      readonly cohort: CohortReference;
      readonly session: CohortSession;
      readonly members: readonly Member[];
    }
  | {
      readonly kind: 'add' | 'remove';
      readonly cohort: CohortReference;
      readonly members: readonly Member[];
      /** When the partner computed this, in Unix milliseconds; an older change does not undo a newer one. */
      readonly computedAtMs?: number;
      /** Pages of one sync, where the partner numbers them. */
      readonly session?: CohortSession;
    };

/** A page of one sync, from 1. */
export interface CohortSession {
  readonly id: string;
  readonly page: number;
  readonly pages: number;
}

export interface CohortReference {
  /** The partner's id of the cohort; with `isListId` the list id from the hub's answer to the declaration. */
  readonly id: string;
  readonly isListId?: true;
  readonly name?: string;
  readonly description?: string;
  readonly createdAtMs?: number;
}

/** A user, by the id that the partner used. */
export type Member =
  | { readonly externalId: string }
  | { readonly deviceId: string }
  | { readonly alias: { readonly name: string; readonly label: string } };

export type PushResult =
  /** Stored, or stored before; applied in order. */
  | {
      readonly outcome: 'stored' | 'repeated';
      readonly cohorts: readonly { readonly id: string; readonly listId: string }[];
    }
  /** `unknown_cohort`: a change names a cohort that was not declared, or an unknown list id. */
  | { readonly outcome: 'unreadable' | 'unauthorised' | 'unknown_cohort'; readonly detail: string }
  | { readonly outcome: 'too_large' | 'busy' | 'unavailable'; readonly detail: string };

export interface PushReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}
