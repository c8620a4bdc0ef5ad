import { sql, type SQL } from 'drizzle-orm';
import { deadLetter } from '../db/schema.js';
import { Outcome } from '../batch/outcome.js';
import { adminShard, type Admin, type Db, type Queries } from '../admin/admin.js';
import { findCurrent } from '../currents/currents.js';
import { allowedActions } from '../currents/currentView.js';
import { lockDeadLetters, picksAt, wholeRows } from './changeDeadLetters.js';
import { isOpen, type DeadLetterFilter } from './deadLetterFilter.js';
import { isOfBatches, nextBatches, placeAfter, type LetterPlace } from './letterBatches.js';
import { currentNotFound, type CurrentNotFound, type CurrentWrongState } from '../admin/problem.js';
import { wrongState } from '../currents/transitions.js';
import type { SaveProgress } from './saveProgress.js';

/** Which of a Current's dead letters: all that match are replayed, discarded or restored. */
export type ReplayFilter = Omit<DeadLetterFilter, 'currentId' | 'isReplayed'>;

/** How far a replay has come, and what it did up to there. */
export interface ReplayProgress {
  /** Only letters up to here, or what dies again during the replay would be replayed in turn. */
  readonly until: string;
  readonly eventCount: number;
  readonly deliveryCount: number;
  /** Of what was to be replayed at the beginning, how many events end the same; undefined until they are counted. */
  readonly permanentCount?: number;
  /** Of the named dead letters, how many are done. */
  readonly nextPick?: number;
  /** Where none is named, how far it has come. */
  readonly after?: LetterPlace;
}

export async function nothingReplayed(db: Queries): Promise<ReplayProgress> {
  const [clock] = await db.execute<{ now: string }>(sql`select now()::text as now`);
  return { until: clock?.now ?? '', eventCount: 0, deliveryCount: 0 };
}

/** Why nothing of a Current can be replayed; undefined when it can. */
export async function replayProblem({ db }: Db, id: string): Promise<CurrentNotFound | CurrentWrongState | undefined> {
  const row = await findCurrent(db, id);
  if (!row) return currentNotFound();
  return allowedActions(row.state).includes('replay') ? undefined : wrongState(row, 'replay');
}

/**
 * Sends some dead letters on their way again: of each batch a new delivery, in which exactly these events are pending.
 * Each is replayed once, however many admins ask at once; what dies again is a new dead letter. Cannot be undone.
 * Returns how far it has come; undefined at the end.
 */
export async function replayNext(
  admin: Pick<Admin, 'db' | 'wake'>,
  currentId: string,
  filter: ReplayFilter,
  progress: ReplayProgress,
  save: SaveProgress<ReplayProgress>,
): Promise<ReplayProgress | undefined> {
  const { ids, ...rest } = filter;
  const step = ids && picksAt(ids, progress.nextPick ?? 0);
  if (ids && !step) return undefined;
  const next = await admin.db.transaction(async (tx) => {
    await lockDeadLetters(tx, Number(currentId));
    const isDue = sql`${isOpen(filter)} and ${deadLetter.recordedAt} <= ${progress.until}::timestamptz`;
    const chosen = await wholeRows(tx, { ...rest, currentId }, isDue, step?.picks);
    const batches = step ? undefined : await nextBatches(tx, chosen, progress.after);
    if (!step && !batches) return undefined;
    const due = batches ? sql`${isOfBatches(batches)} and ${chosen}` : chosen;
    const { events, deliveries } = await replayRows(tx, Number(currentId), due);
    const replayed = {
      ...progress,
      eventCount: progress.eventCount + events,
      deliveryCount: progress.deliveryCount + deliveries,
      ...(step && { nextPick: step.next }),
      ...(batches && { after: placeAfter(batches) }),
    };
    await save(tx, replayed);
    return replayed;
  });
  if (next) admin.wake(Number(currentId));
  return next;
}

/**
 * Replays the chosen rows, of a few hundred batches at most. One statement: the dead letters are marked, the deliveries made and the counts raised, or nothing is. A day that was
 * forgotten has neither batch nor dead letters, and reading the batch keeps the day from being forgotten meanwhile.
 */
async function replayRows(
  tx: Queries,
  currentId: number,
  chosen: SQL,
): Promise<{ readonly events: number; readonly deliveries: number }> {
  const [pending, unselected] = [Outcome.pending, Outcome.unselected].map((byte) => byte.toString(16).padStart(2, '0'));
  const replay = sql`
    with marked as (
      update dead_letter set replayed_at = now() where ${chosen}
      returning dead_letter.stored_on, dead_letter.batch_id, dead_letter.positions
    ), dead as (
      select distinct marked.stored_on, marked.batch_id, position from marked, unnest(marked.positions) position
    ), fanned as (
      select b.stored_on, b.id as batch_id, b.events, count(dead.position)::int as pending,
        decode(string_agg(case when dead.position is null then ${unselected} else ${pending} end, '' order by place.place), 'hex') as outcomes
      from (select distinct stored_on, batch_id from dead) replayed
      join batch b on b.stored_on = replayed.stored_on and b.id = replayed.batch_id
      cross join lateral generate_series(0, b.events - 1) place (place)
      left join dead on dead.stored_on = b.stored_on and dead.batch_id = b.id and dead.position = place.place
      group by b.stored_on, b.id, b.events
    ), delivered as (
      insert into delivery (stored_on, batch_id, current_id, replay, events, pending, outcomes)
      select stored_on, batch_id, ${currentId}, true, events, pending, outcomes from fanned
    ), counted as (
      insert into tally as t (current_id, day, shard, outcome, events)
      select ${currentId}, stored_on, ${adminShard}, 'selected', sum(pending) from fanned group by stored_on order by stored_on
      on conflict (current_id, day, outcome, code, shard) do update set events = t.events + excluded.events
    )
    select count(*)::int as deliveries, coalesce(sum(pending), 0)::int as events from fanned`;
  const [step] = await tx.execute<{ deliveries: number; events: number }>(replay);
  return step ?? { events: 0, deliveries: 0 };
}
