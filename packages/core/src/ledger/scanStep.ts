import type { Sql } from '../db/connect.js';
import { compareDay, recountDelivery, type DeliveryRow, type Mismatch } from './recount.js';

/** Bounds of one step: a snapshot that reads more would be held for long. */
const maxDeliveries = 500;
const maxEvents = 200_000;

/** How far a round has come: the day that was scanned last, and where it is within it. */
export interface ScanProgress {
  readonly version: 1;
  readonly day: string;
  /** Undefined once the day is done. */
  readonly open?: OpenDay | undefined;
}

interface OpenDay {
  /** The last delivery that was read. */
  readonly lastId: string;
  /** Events in the tally by Current, when the scan of the day began. */
  readonly tallied: Readonly<Record<string, number>>;
  /** Events of the deliveries that were read, by Current and `outcome code`. */
  readonly sums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A mismatch with its place. `deliveryId` is '0' when it is about the whole day. */
export interface FoundMismatch extends Mismatch {
  readonly currentId: number;
  readonly deliveryId: string;
}

/** What a step has read. */
export interface ScannedPart {
  readonly next: ScanProgress;
  readonly found: readonly FoundMismatch[];
  /** The deliveries that were compared: those after `afterId`, up to `lastId` or to the end of the day. */
  readonly afterId: string;
  readonly lastId: string | undefined;
  /** At the end of a day: the Currents whose sums were not compared, because their tally grew meanwhile. */
  readonly skippedCurrents: readonly number[] | undefined;
}

const noDay = '0001-01-01';

/**
 * Reads the next deliveries in one snapshot of the database, and compares each with its batch and its dead letters; at the
 * end of a day also the sums of each Current with its tally. The sums come from several snapshots, so they are compared
 * only where the tally is as it was at the first one: its counters only grow, and each change of a delivery is in the
 * transaction of its count. Returns undefined when no day is left.
 */
export async function readScanStep(sql: Sql, progress: ScanProgress | undefined): Promise<ScannedPart | undefined> {
  return sql.begin('isolation level repeatable read read only', async (tx) => {
    const view = tx as unknown as Sql;
    const day = progress?.open ? progress.day : await nextDay(view, progress?.day ?? noDay);
    if (day === undefined) return undefined;
    const open = progress?.open ?? { lastId: '0', tallied: totalsOf(await readTally(view, day)), sums: {} };
    const rows = await readDeliveries(view, day, open.lastId);
    const letters = rows.length > 0 ? await countLetters(view, day, rows) : new Map<string, Map<string, number>>();
    const sums = new Map(Object.entries(open.sums).map(([id, each]) => [Number(id), new Map(Object.entries(each))]));
    const found: FoundMismatch[] = [];
    let events = 0;
    for (const row of rows) {
      const { id, currentId } = row;
      events += row.events;
      const ofCurrent = sums.get(currentId) ?? new Map<string, number>();
      sums.set(currentId, ofCurrent);
      const mismatches = [...recountDelivery(row, letters.get(id), ofCurrent)];
      const batchEvents = row.batchEvents ?? 0;
      if (batchEvents !== row.events)
        mismatches.push({ quantity: 'batch_events', code: '', expected: batchEvents, stored: row.events });
      found.push(...mismatches.map((mismatch) => ({ ...mismatch, currentId, deliveryId: id })));
    }
    // Retention may drop a day between two steps. Within this one it cannot: what was read is locked.
    const isKept = await isDayKept(view, day);
    if (isKept && (rows.length === maxDeliveries || events >= maxEvents)) {
      const lastId = rows.at(-1)?.id ?? open.lastId;
      const next = { lastId, tallied: open.tallied, sums: toObject(sums) };
      return { next: { version: 1, day, open: next }, found, afterId: open.lastId, lastId, skippedCurrents: undefined };
    }
    const tally = await readTally(view, day);
    const totals = totalsOf(tally);
    const skippedCurrents: number[] = [];
    for (const currentId of new Set([...sums.keys(), ...tally.keys()])) {
      // Of a day that is not kept the tally is all there is, whatever it was before.
      if (isKept && (totals[currentId] ?? 0) !== (open.tallied[currentId] ?? 0)) skippedCurrents.push(currentId);
      else {
        const mismatches = compareDay(sums.get(currentId) ?? new Map(), tally.get(currentId) ?? new Map(), isKept);
        found.push(...mismatches.map((mismatch) => ({ ...mismatch, currentId, deliveryId: '0' })));
      }
    }
    return { next: { version: 1, day }, found, afterId: open.lastId, lastId: undefined, skippedCurrents };
  });
}

async function nextDay(sql: Sql, day: string): Promise<string | undefined> {
  const [row] = await sql<{ day: string | null }[]>`
    select least(
      (select min(day) from tally where day > ${day}), (select min(stored_on) from delivery where stored_on > ${day})
    )::text as day`;
  return row?.day ?? undefined;
}

type ScannedDelivery = DeliveryRow & {
  readonly currentId: number;
  readonly batchId: string;
  readonly batchEvents: number | null;
};

function readDeliveries(sql: Sql, day: string, afterId: string): Promise<readonly ScannedDelivery[]> {
  return sql<ScannedDelivery[]>`
    select d.id, d.current_id as "currentId", d.batch_id as "batchId", d.events, d.pending, d.outcomes,
      d.skip_reasons as "skipReasons", b.events as "batchEvents"
    from (
      select *, sum(events) over (order by id) - events as before
      from (select * from delivery where stored_on = ${day} and id > ${afterId}::bigint order by id limit ${maxDeliveries}) part
    ) d left join batch b on b.stored_on = ${day} and b.id = d.batch_id
    where d.before < ${maxEvents}::bigint order by d.id`;
}

/** Events with a dead letter, by delivery and outcome. */
async function countLetters(sql: Sql, day: string, deliveries: readonly ScannedDelivery[]) {
  const batches = [...new Set(deliveries.map(({ batchId }) => batchId))];
  // By batch, because that is what the index knows.
  const rows = await sql<{ deliveryId: string; outcome: string; events: number }[]>`
    select delivery_id as "deliveryId", outcome, sum(cardinality(positions))::float8 as events from dead_letter
    where stored_on = ${day} and batch_id = any(${batches}::bigint[])
      and delivery_id = any(${deliveries.map(({ id }) => id)}::bigint[])
    group by delivery_id, outcome`;
  const letters = new Map<string, Map<string, number>>();
  for (const { deliveryId, outcome, events } of rows) {
    const ofDelivery = letters.get(deliveryId) ?? new Map<string, number>();
    letters.set(deliveryId, ofDelivery.set(outcome, events));
  }
  return letters;
}

/** The tally of a day by Current and `outcome code`. Unselected events have no delivery, and are counted later. */
async function readTally(sql: Sql, day: string): Promise<ReadonlyMap<number, ReadonlyMap<string, number>>> {
  const rows = await sql<{ currentId: number; key: string; events: number }[]>`
    select current_id as "currentId", outcome || ' ' || code as key, sum(events)::float8 as events
    from tally where day = ${day} and outcome <> 'unselected' group by 1, 2`;
  const tally = new Map<number, Map<string, number>>();
  for (const { currentId, key, events } of rows) {
    const ofCurrent = tally.get(currentId) ?? new Map<string, number>();
    tally.set(currentId, ofCurrent.set(key, events));
  }
  return tally;
}

/** Everything of the tally of each Current: it grows whenever one of its counters does. */
function totalsOf(tally: ReadonlyMap<number, ReadonlyMap<string, number>>): Record<string, number> {
  return Object.fromEntries(
    [...tally].map(([id, counters]) => [String(id), [...counters.values()].reduce((sum, each) => sum + each, 0)]),
  );
}

async function isDayKept(sql: Sql, day: string): Promise<boolean> {
  const [row] = await sql<{ isKept: boolean }[]>`
    select to_regclass(${`delivery_${day.replaceAll('-', '')}`}) is not null as "isKept"`;
  return row?.isKept === true;
}

function toObject(sums: ReadonlyMap<number, ReadonlyMap<string, number>>): OpenDay['sums'] {
  return Object.fromEntries([...sums].map(([id, each]) => [String(id), Object.fromEntries(each)]));
}
