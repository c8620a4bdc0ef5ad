/** The user of an event, as on the wire. Any key may be missing; `null` means the same. */
export interface EventUser {
  /** Braze's own id. Never used as an identity at a destination. */
  readonly user_id?: string | null;
  /** The id the customer gave the user; missing for anonymous users. */
  readonly external_user_id?: string | null;
  readonly device_id?: string | null;
  /** IANA zone, such as `Europe/Paris`. */
  readonly timezone?: string | null;
}

/**
 * An event of one user that the catalogue accepted:
 * `event_type` is the canonical spelling, `id` is not empty, `time` is whole seconds, strings are well-formed Unicode.
 */
export interface CatalogueEvent {
  readonly event_type: string;
  /** The same when the event is sent again: the idempotency key. */
  readonly id: string;
  /** Unix seconds, UTC, of when it happened; may lie far in the past. */
  readonly time: number;
  readonly user: EventUser;
  readonly properties: Readonly<Record<string, unknown>>;
}
