import { sql } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { Outcome, outcomeName } from '../batch/outcome.js';
import { datedId } from '../ledger/datedId.js';
import type { PlaceKey } from './findEventPlaces.js';
import { instantOf, waitOf, type DeliveryWait, type WaitRow } from './deliveryWait.js';

export type DeliveryStatus = 'pending' | 'delivered' | 'skipped' | 'rejected' | 'expired';

/** What has become of one event in one delivery: of each Current that selected it, and of each replay. */
export interface EventDelivery {
  readonly currentId: string;
  readonly status: DeliveryStatus;
  /** Why it was skipped, rejected or expired, as a code. */
  readonly code: string | undefined;
  readonly detail: string | undefined;
  /** Why it is pending. */
  readonly wait: DeliveryWait | undefined;
  /** Attempts of the delivery; of a dead letter, those of the event. */
  readonly attemptCount: number;
  readonly firstAttemptAt: Date | undefined;
  readonly lastAttemptAt: Date | undefined;
  readonly isReplay: boolean;
  /** The job that replays events by their time. */
  readonly replayJobId: string | undefined;
  readonly deadLetterId: string | undefined;
}

interface DeliveryRow extends WaitRow {
  readonly place: number;
  readonly id: string;
  readonly currentId: number;
  readonly outcome: number;
  readonly skipReason: string | null;
  readonly isReplay: boolean;
  readonly replayId: number | null;
  readonly attempts: number;
  readonly firstRecordedAt: string | Date | null;
  readonly lastRecordedAt: string | Date | null;
}

interface LetterRow {
  readonly place: number;
  readonly storedOn: string;
  readonly key: string;
  readonly deliveryId: string;
  readonly code: string;
  readonly detail: string;
  readonly attempts: number;
  readonly recordedAt: string | Date;
}

/** The deliveries of each place of an accepted event, the first one first. Two statements, however many places there are. */
export async function readDeliveries(
  db: Queries,
  places: readonly PlaceKey[],
): Promise<readonly (readonly EventDelivery[])[]> {
  if (places.length === 0) return [];
  const rows = await readRows(db, places);
  const letters = await readLetters(db, places);
  const letterOf = new Map(letters.map((letter) => [`${letter.place} ${letter.deliveryId}`, letter]));
  const deliveries = places.map((): EventDelivery[] => []);
  for (const row of rows) {
    const status = outcomeName(row.outcome);
    if (status === undefined) continue;
    const letter = letterOf.get(`${row.place} ${row.id}`);
    deliveries[row.place]?.push(deliveryOf(row, status, letter, places[row.place]?.position ?? 0));
  }
  return deliveries;
}

/** `place` is that of the event in the list; the day and the batch are said twice, so that Postgres reads few partitions. */
function placesOf(places: readonly PlaceKey[]) {
  const rows = places.map(({ storedOn, rowId, position }, place) => ({ place, day: storedOn, batch: rowId, position }));
  return {
    asked: sql`json_to_recordset(${JSON.stringify(rows)}::text::json) p (place int, day date, batch bigint, position int)`,
    days: sql`${`{${[...new Set(rows.map(({ day }) => day))].join(',')}}`}::date[]`,
    batches: sql`${`{${[...new Set(rows.map(({ batch }) => batch))].join(',')}}`}::bigint[]`,
  };
}

function readRows(db: Queries, places: readonly PlaceKey[]): Promise<readonly DeliveryRow[]> {
  const { asked, days, batches } = placesOf(places);
  return db.execute<DeliveryRow & Record<string, unknown>>(sql`
    with deliveries as materialized (
      select stored_on, id, batch_id, current_id, outcomes, skip_reasons, deferred, replay, replay_id, attempts, due_at, lease,
        first_recorded_at, last_recorded_at
      from delivery where stored_on = any(${days}) and batch_id = any(${batches})
    )
    select p.place, d.id, d.current_id as "currentId", o.outcome, d.skip_reasons[o.outcome - ${Outcome.skipped - 1}::int] as "skipReason",
      d.replay as "isReplay", d.replay_id as "replayId", d.attempts, d.due_at as "dueAt",
      d.due_at > now() as "isDueLater", d.lease is not null and d.due_at > now() as "isInFlight",
      d.first_recorded_at as "firstRecordedAt", d.last_recorded_at as "lastRecordedAt",
      f.deferral, c.state as "currentState", c.blocked_code as "blockedCode", c.blocked_detail as "blockedDetail", c.probe_at as "probeAt",
      coalesce(c.deferral_until > now(), false) as "isCurrentDeferred", c.deferral_until as "currentDeferralUntil", c.deferral_code as "currentDeferralCode", c.deferral_detail as "currentDeferralDetail"
    from ${asked}
    join deliveries d on d.stored_on = p.day and d.batch_id = p.batch
    join current c on c.id = d.current_id
    cross join lateral (
      select case when d.outcomes is null then ${Outcome.pending}::int
        when p.position < length(d.outcomes) then get_byte(d.outcomes, p.position) else ${Outcome.unselected}::int end as outcome) o
    left join lateral (
      select json_build_object('dueAtMs', e->'dueAtMs', 'code', e->'code', 'detail', e->'detail', 'isOfKey', e ? 'budget') as deferral
      from jsonb_array_elements(case jsonb_typeof(d.deferred) when 'array' then d.deferred else '[]'::jsonb end) e
      where o.outcome = ${Outcome.pending}::int and e->'positions' @> to_jsonb(p.position) limit 1) f on true
    order by p.place, d.id`);
}

function readLetters(db: Queries, places: readonly PlaceKey[]): Promise<readonly LetterRow[]> {
  const { asked, days, batches } = placesOf(places);
  return db.execute<LetterRow & Record<string, unknown>>(sql`
    with letters as materialized (
      select stored_on, coalesce(split_from, id) as key, batch_id, delivery_id, code, detail, attempts, recorded_at, positions
      from dead_letter where stored_on = any(${days}) and batch_id = any(${batches})
    )
    select p.place, to_char(l.stored_on, 'YYYY-MM-DD') as "storedOn", l.key, l.delivery_id as "deliveryId", l.code, l.detail,
      l.attempts, l.recorded_at as "recordedAt"
    from ${asked}
    join letters l on l.stored_on = p.day and l.batch_id = p.batch and p.position = any(l.positions)`);
}

function deliveryOf(
  row: DeliveryRow,
  status: DeliveryStatus,
  letter: LetterRow | undefined,
  position: number,
): EventDelivery {
  return {
    currentId: String(row.currentId),
    status,
    code: letter?.code ?? row.skipReason ?? undefined,
    detail: letter?.detail,
    wait: status === 'pending' ? waitOf(row) : undefined,
    attemptCount: letter?.attempts ?? row.attempts,
    firstAttemptAt: instantOf(row.firstRecordedAt),
    lastAttemptAt: instantOf(letter?.recordedAt ?? row.lastRecordedAt),
    isReplay: row.isReplay,
    replayJobId: row.replayId === null ? undefined : String(row.replayId),
    deadLetterId: letter && `${datedId({ storedOn: letter.storedOn, id: letter.key })}-${position}`,
  };
}
