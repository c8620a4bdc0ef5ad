import { createDeliveredKeys } from './deliveredKeys.js';

/** `full` keeps every request, body and event; `lean` keeps counts and hashes of delivered events, for demos and load tests. */
export type LedgerMode = 'full' | 'lean';

export interface RequestEntry {
  readonly seq: number;
  /** Virtual time of arrival. */
  readonly t: number;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly project: string | undefined;
  readonly rawSize: number;
  readonly encoding: string | undefined;
  readonly uncompressedSize: number;
  readonly eventCount: number;
  readonly faults: readonly string[];
  /** Null when the client got no response. */
  readonly status: number | null;
  readonly responseBody: string;
  readonly reason: string;
  readonly connectionId: number;
  readonly durationMs: number;
}

export interface StoredEvent {
  readonly seq: number;
  readonly index: number;
  readonly project: string;
  /** The owner of the event's sequence: Mixpanel's distinct_id, Amplitude's device. */
  readonly person: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly receivedAt: number;
  /** A copy with the same identity was stored before. */
  readonly duplicate: boolean;
  /** The partner's deduplication key; absent if there is none. */
  readonly key?: string;
  /** The paths of truncated strings and emptied values. */
  readonly altered: readonly string[];
  /** Accepted and counted, but never shown. */
  readonly hidden: boolean;
}

export interface RejectedRecord {
  readonly seq: number;
  readonly index: number;
  readonly field: string;
  readonly message: string;
}

/** A violation that a correct client avoids, although the real partner may accept it. */
export interface Violation {
  readonly seq: number;
  readonly code: string;
  readonly detail: string;
}

/** One stored copy of an event. Without `id` it can be neither deduplicated nor looked up. */
export interface Copy {
  readonly seq: number;
  readonly index: number;
  readonly project: string;
  readonly receivedAt: number;
  readonly id: string | undefined;
  readonly eventPart: string;
  readonly personPart: string;
  readonly timePart: number;
}

export type Ledger = ReturnType<typeof createLedger>;
export type LedgerSnapshot = ReturnType<Ledger['snapshot']>;
export type Summary = ReturnType<Ledger['summary']>;

export interface LedgerRules {
  readonly mode: LedgerMode;
  /** Which of two copies is shown: Mixpanel the last, Amplitude the first. */
  readonly winner: 'first' | 'last';
  /** The duration of deduplication after the first copy. */
  readonly windowSeconds: number;
}

export function createLedger({ mode, winner, windowSeconds }: LedgerRules) {
  const full = mode === 'full';
  const delivered = createDeliveredKeys(full, windowSeconds);
  const requests: RequestEntry[] = [];
  const bodies = new Map<number, Uint8Array>();
  const stored: StoredEvent[] = [];
  const rejected: RejectedRecord[] = [];
  const violations: Violation[] = [];
  const open = new Set<string>();
  const counts = {
    requests: 0,
    bytesReceived: 0,
    /** Stored copies, duplicates included. */
    accepted: 0,
    duplicates: 0,
    /** Individually refused records. */
    rejected: 0,
    altered: 0,
    maxInFlight: 0,
  };
  const statuses: Record<string, number> = {};
  const violationCounts: Record<string, number> = {};
  const faultCounts: Record<string, number> = {};

  return {
    mode,
    request(entry: RequestEntry, body: Uint8Array): void {
      counts.requests++;
      counts.bytesReceived += entry.rawSize;
      increase(statuses, entry.status === null ? 'none' : String(entry.status));
      for (const fault of entry.faults) increase(faultCounts, fault);
      if (!full) return;
      requests.push(entry);
      bodies.set(entry.seq, body);
    },
    /** Counts one stored copy; `shown` is called for the event only if the ledger keeps events. */
    store(copy: Copy, shown: () => Pick<StoredEvent, 'person' | 'event' | 'altered' | 'hidden'>): void {
      counts.accepted++;
      const { seq, index, receivedAt, id, project, eventPart, personPart, timePart } = copy;
      const duplicate =
        id !== undefined &&
        delivered.remember(project, id, eventPart, personPart, timePart, Math.floor(receivedAt / 1000));
      if (duplicate) counts.duplicates++;
      if (id !== undefined && open.size > 0) open.delete(id);
      if (!full) return;
      const key = id === undefined ? {} : { key: JSON.stringify([project, id, eventPart, personPart, timePart]) };
      stored.push({ seq, index, project, receivedAt, duplicate, ...key, ...shown() });
    },
    /** An individually refused record with at least one problem. */
    reject(
      seq: number,
      index: number,
      id: string | undefined,
      problems: readonly Pick<RejectedRecord, 'field' | 'message'>[],
    ): void {
      counts.rejected++;
      if (id !== undefined) open.delete(id);
      if (full) for (const { field, message } of problems) rejected.push({ seq, index, field, message });
    },
    violate(seq: number, code: string, times = 1, detail = ''): void {
      increase(violationCounts, code, times);
      if (full) violations.push({ seq, code, detail });
    },
    alter: (times: number) => void (counts.altered += times),
    /** Records received events that were neither stored nor rejected. */
    refuse(ids: readonly string[]): void {
      for (const id of ids) if (!delivered.hasId(id)) open.add(id);
    },
    inFlight: (now: number) => void (counts.maxInFlight = Math.max(counts.maxInFlight, now)),
    /** A fault that applied before there was a request. */
    faultWithoutRequest: (id: string) => increase(faultCounts, id),
    snapshot(since: number) {
      const later = <T extends { readonly seq: number }>(entries: readonly T[]): readonly T[] =>
        entries.filter((entry) => entry.seq > since);
      return {
        requests: later(requests),
        stored: later(stored),
        /** The events that the partner's product shows: `stored` after deduplication. */
        view: later(visible(stored, winner)),
        rejected: later(rejected),
        violations: later(violations),
      };
    },
    body: (seq: number) => bodies.get(seq),
    missing: (ids: readonly string[]): readonly string[] => ids.filter((id) => !delivered.hasId(id)),
    summary: () => ({
      ...counts,
      /** The number of received event ids that are so far neither stored nor rejected. */
      lostCandidates: open.size,
      /** The number of requests by status; `none` counts those without a response. */
      statuses: { ...statuses },
      violations: { ...violationCounts },
      /** The number of applications of each fault rule. */
      faults: { ...faultCounts },
    }),
  };
}

function increase(counts: Record<string, number>, key: string, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by;
}

function visible(stored: readonly StoredEvent[], winner: 'first' | 'last'): readonly StoredEvent[] {
  if (winner === 'first') return stored.filter((copy) => !copy.duplicate && !copy.hidden);
  const latest = new Map<unknown, StoredEvent>();
  for (const copy of stored) if (!copy.hidden) latest.set(copy.key ?? copy, copy);
  return [...latest.values()];
}

/**
 * Copies of events that the client resent after a complete response had acknowledged them: a 200, or an unmodified 400
 * that stored them.
 */
export function needlessResends(ledger: Pick<LedgerSnapshot, 'requests' | 'stored'>): readonly StoredEvent[] {
  const answered = new Set(
    ledger.requests.filter(({ status, faults }) => status !== null && faults.length === 0).map(({ seq }) => seq),
  );
  const acknowledged = new Map<string, number>();
  const needless: StoredEvent[] = [];
  for (const copy of ledger.stored) {
    if (copy.key === undefined) continue;
    const before = acknowledged.get(copy.key);
    if (before !== undefined && before !== copy.seq) needless.push(copy);
    if (before === undefined && answered.has(copy.seq)) acknowledged.set(copy.key, copy.seq);
  }
  return needless;
}
