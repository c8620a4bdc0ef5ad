/** The user an event happened to, in the words of the wire. Any key may be missing; `null` means the same. */
export interface EventUser {
  /** The messaging platform's own id. Never used as an identity at a destination. */
  readonly user_id?: string | null;
  /** The id the customer gave the user; missing for anonymous users. */
  readonly external_user_id?: string | null;
  readonly device_id?: string | null;
  /** IANA zone, such as `Europe/Paris`. */
  readonly timezone?: string | null;
}

/**
 * One thing that happened to one user, as it arrived and after the catalogue accepted it:
 * `event_type` is the canonical spelling, `id` is not empty, `time` is whole seconds, strings are well-formed Unicode.
 */
export interface CatalogueEvent {
  readonly event_type: string;
  /** Stays the same when the event is sent again. Duplicates are found by it. */
  readonly id: string;
  /** Unix seconds, UTC, of when it happened; may lie far in the past. */
  readonly time: number;
  readonly user: EventUser;
  readonly properties: Readonly<Record<string, unknown>>;
}
