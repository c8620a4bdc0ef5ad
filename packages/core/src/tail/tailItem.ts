/** What happened to an event: it came in, or became final at one Current. */
export const tailKinds = ['accepted', 'quarantined', 'delivered', 'skipped', 'rejected', 'expired'] as const;
export type TailKind = (typeof tailKinds)[number];

/**
 * One thing that happened, for the live tail. It names no user and holds nothing of the event but its own id and type, so
 * a reader of the tail learns no personal data from it.
 */
export interface TailItem {
  readonly kind: TailKind;
  readonly occurredAtMs: number;
  /** Null for a quarantined event, whose type may be unknown. */
  readonly eventType: string | null;
  /** The id that the sender gave the event, cut after `maxIdLength` characters; null for a quarantined event. */
  readonly eventId: string | null;
  /** The ingest token of an event that came in; null for an outcome. */
  readonly tokenId: number | null;
  /** The Current of an outcome; null for an event that came in. */
  readonly currentId: number | null;
  /** Why it was quarantined, skipped, rejected or expired. */
  readonly code: string | null;
}

/** What a reader of the tail wants: items that meet all that is given. */
export interface TailFilter {
  readonly kinds?: readonly TailKind[] | undefined;
  /** Only outcomes of this Current. */
  readonly currentId?: number | undefined;
  readonly eventType?: string | undefined;
}

export const maxIdLength = 100;

export function isWantedBy(filter: TailFilter, item: TailItem): boolean {
  return (
    (filter.kinds === undefined || filter.kinds.includes(item.kind)) &&
    (filter.currentId === undefined || filter.currentId === item.currentId) &&
    (filter.eventType === undefined || filter.eventType === item.eventType)
  );
}

/** The same text for filters that want the same. */
export function filterKey({ kinds, currentId, eventType }: TailFilter): string {
  return JSON.stringify([kinds === undefined ? null : [...kinds].sort(), currentId ?? null, eventType ?? null]);
}
