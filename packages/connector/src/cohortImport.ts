/**
 * How a partner pushes cohorts to the hub. Pure: where the key is, what the push says, and how the partner wants to be
 * answered; which keys are good, and what becomes of the changes, is the engine's.
 */
export interface CohortImport {
  /** The routes below `/partners/<name>/`, such as `webhook` or `lists/:listId/add`, each one way to push. */
  readonly routes: readonly CohortRoute[];
  /** What the cohort is called among the hub's, such as `[Amplitude] Buyers: 7khm89cz`; its plain name where this is left out. */
  displayName?(cohort: { readonly id: string; readonly name: string }): string;
}

export interface CohortRoute {
  readonly method: 'POST';
  /** Below `/partners/<name>/`; a part that begins with a colon matches anything and is handed over by its name. */
  readonly path: string;
  /** What an admin pastes into the partner, and how the key goes in: `Basic password`, `body client_secret`. */
  readonly description: string;
  /** The data import key that the request shows, or undefined when it shows none. */
  readKey(push: Push): string | undefined;
  /** The key of the partner itself, where the protocol has one. Looked at only if the operator has set one. */
  readPartnerKey?(push: Push): string | undefined;
  /** What the push says, or why it cannot be taken. Never throws. */
  parse(push: Push): ParsedPush;
  /** The answer in the partner's words. */
  reply(push: Push, result: PushResult): PushReply;
}

export interface Push {
  readonly path: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export type ParsedPush =
  | {
      readonly changes: readonly CohortChange[];
      /** Equal for every repetition of the same push at this partner, and for nothing else; undefined when nothing tells. */
      readonly dedupeKey?: string;
      /** Members that had no usable id, by reason, for the history of the sync. */
      readonly refused: Readonly<Record<string, number>>;
    }
  | { readonly unreadable: string };

/** What a push does to one cohort. One that nobody declared becomes known by its first change that names it. */
export type CohortChange =
  /** Makes the cohort known, or renames it. */
  | { readonly kind: 'declare'; readonly cohort: CohortReference }
  /** One page of a whole membership, which replaces the old one once every page of its session has come. */
  | {
      readonly kind: 'replace';
      readonly cohort: CohortReference;
      readonly session: { readonly id: string; readonly page: number; readonly pages: number };
      readonly members: readonly Member[];
    }
  | {
      readonly kind: 'add' | 'remove';
      readonly cohort: CohortReference;
      readonly members: readonly Member[];
      /** When the partner computed this, in Unix milliseconds; an older change never undoes a newer one. */
      readonly computedAtMs?: number;
      /** Pages of one sync, where the partner numbers them. */
      readonly session?: { readonly id: string; readonly page: number; readonly pages: number };
    };

export interface CohortReference {
  /** The partner's id of the cohort; with `isListId` the list id that the hub answered when it was declared. */
  readonly id: string;
  readonly isListId?: true;
  readonly name?: string;
  readonly description?: string;
  readonly createdAtMs?: number;
}

/** A user, by the one id the partner used. */
export type Member =
  | { readonly externalId: string }
  | { readonly deviceId: string }
  | { readonly alias: { readonly name: string; readonly label: string } };

export type PushResult =
  /** Stored; it is applied in order, soon. */
  | {
      readonly outcome: 'stored' | 'repeated';
      readonly cohorts: readonly { readonly id: string; readonly listId: string }[];
    }
  | { readonly outcome: 'unreadable'; readonly detail: string }
  | { readonly outcome: 'unauthorised'; readonly detail: string }
  /** A change is about a cohort that nobody declared, or about a list id that the hub never gave. */
  | { readonly outcome: 'unknown_cohort'; readonly detail: string }
  | { readonly outcome: 'too_large' | 'busy' | 'unavailable'; readonly detail: string };

export interface PushReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}
