import { sql } from 'drizzle-orm';
import { findCurrent } from '../currents/currents.js';
import { carried } from '../currents/selections.js';
import type { Admin, Queries } from '../admin/admin.js';
import { readFieldRules } from '../fieldRules/fieldRule.js';
import { withFieldRules } from '../fieldRules/withFieldRules.js';
import { advisoryLocks } from '../db/advisoryLocks.js';
import { databaseNow } from '../db/databaseNow.js';
import type { SaveProgress } from '../ledger/saveProgress.js';
import { chooseEvents, mayChoose, type Choice, type OnChosen } from './chooseEvents.js';
import { makeDeliveries, type NewReplay, type OpenDelivery } from './makeDeliveries.js';
import { addCounts, nothingSent, readOpen, type ReplayCounts } from './openDeliveries.js';
import { measuredPerSecond } from './measuredRate.js';
import { outcomeTest, restricted, type EventReplayFilter } from './replayFilter.js';
import { emptyPlan, openPlan, type PlanProgress, type PlannedCurrent } from './replayPlan.js';
import { verdictOf, type ReplayVerdict } from './replayResult.js';
import {
  contentsOf,
  countBatches,
  cursorAt,
  nextHeads,
  outcomesOf,
  type BatchCursor,
  type BatchHead,
} from './storedBatches.js';
import { storingTransactions } from './untilStored.js';

/** What a job replays. */
export interface EventReplay {
  /** The database key of the Current. */
  readonly currentId: string;
  readonly filter: EventReplayFilter;
  /** Whether only to count and estimate. */
  readonly isDryRun: boolean;
  /** Whether the Current was launched by the transaction that created the job: see `docs/replay.md`, the seam. */
  readonly isLaunch?: boolean | undefined;
}

/** How far a replay has come. JSON. */
export interface ReplayEventsProgress {
  readonly fromMs: number;
  /** Only batches that were stored before. */
  readonly untilMs: number;
  /** The event types that are replayed: those that the Current selected when the replay began. */
  readonly types: readonly string[];
  /** Transactions that may still store batches without a delivery for a Current that was just launched. */
  readonly waitFor: readonly string[];
  /** Undefined when all batches are read. */
  readonly after?: BatchCursor | undefined;
  readonly batchCount: number;
  readonly eventCount: number;
  readonly deliveryCount: number;
  readonly unreadableCount: number;
  /** Deliveries with pending events. */
  readonly open: readonly OpenDelivery[];
  /** What became of the events of the other deliveries. */
  readonly counts: ReplayCounts;
  readonly plan: PlanProgress;
  /** Events per second of the last large replay of the Current, for the estimate. */
  readonly perSecond?: number | undefined;
  /** When the oldest batch that is stored came, if it came after the wanted time. */
  readonly retainedFromMs?: number | undefined;
  /** Of a dry run, at its end. */
  readonly verdict?: ReplayVerdict | undefined;
  readonly restMs: number;
}

/**
 * What replays of one Current have pending at most: enough for the next second, and so little that live claims pass over
 * it quickly, and a cancelled replay ends soon.
 */
const maxPending = { events: 10_000, deliveries: 200 };
/** A step reads batches for about so long. */
const stepMs = 200;
/** Batches read at once have about so many events. */
const groupEvents = 5_000;
/** A replay looks again after this time whether what it made was sent. */
const restMs = 250;

/** Finds out which batches to read. */
export async function startReplay(
  admin: Admin,
  { currentId, filter, isDryRun, isLaunch = false }: EventReplay,
): Promise<{ readonly progress: ReplayEventsProgress; readonly totalCount: number }> {
  const { db } = admin;
  // What was stored before this moment without a delivery for the launched Current is visible, or on this list.
  const waitFor = isLaunch ? await storingTransactions(db) : [];
  const nowMs = Date.parse(await databaseNow(db));
  const fromMs = filter.from?.getTime() ?? 0;
  const untilMs = Math.min(nowMs, filter.to?.getTime() ?? Infinity);
  const after = await cursorAt(db, fromMs);
  const row = await findCurrent(db, currentId);
  const connector = admin.connectors.get(row?.destination ?? '');
  const types =
    row && connector
      ? restricted(
          carried(row.selection, connector).map(({ name }) => name),
          filter.eventTypes,
        )
      : [];
  const [oldest] = await db.execute<{ ms: number | null }>(
    sql`select extract(epoch from min(stored_on))::float8 * 1000 as ms from batch`,
  );
  const progress: ReplayEventsProgress = {
    fromMs,
    untilMs,
    types,
    waitFor,
    after: types.length > 0 ? after : undefined,
    batchCount: 0,
    eventCount: 0,
    deliveryCount: 0,
    unreadableCount: 0,
    open: [],
    counts: nothingSent,
    plan: emptyPlan,
    perSecond: isDryRun ? await measuredPerSecond(db, currentId) : undefined,
    retainedFromMs: filter.from && oldest?.ms != null && oldest.ms > fromMs ? oldest.ms : undefined,
    restMs: 0,
  };
  return { progress, totalCount: after ? await countBatches(db, after, untilMs) : 0 };
}

/**
 * Makes a portion of deliveries, when what replays of the Current have pending leaves room for it, and looks what became of
 * the ones before. Returns undefined when all batches are read and all events are final. In a dry run it only counts.
 */
export async function replayStep(
  admin: Admin,
  replay: EventReplay,
  progress: ReplayEventsProgress,
  save: SaveProgress<ReplayEventsProgress>,
  jobId: string,
): Promise<ReplayEventsProgress | undefined> {
  if (progress.waitFor.length > 0) return waitForStoring(admin, replay, progress, save);
  if (!progress.after && progress.open.length === 0 && !needsVerdict(replay, progress)) return undefined;
  const planned = replay.isDryRun ? await plannedCurrent(admin, replay.currentId) : undefined;
  const next = await admin.db.transaction(async (tx) => {
    // What one replay makes, the next one has to see: it takes no event that is on its way.
    if (!replay.isDryRun)
      await tx.execute(
        sql`select pg_advisory_xact_lock(${advisoryLocks.replay}::int, ${Number(replay.currentId)}::int)`,
      );
    const { finished, open } = await readOpen(tx, progress.open);
    const looked = { ...progress, open, counts: addCounts(progress.counts, finished) };
    const room = replay.isDryRun ? { events: Infinity, deliveries: Infinity } : await roomFor(tx, replay.currentId);
    const stepped =
      progress.after && room.events > 0
        ? await readOn(tx, replay, looked, progress.after, room, planned?.loaded, jobId)
        : { ...looked, restMs };
    const isPlanned = planned && !stepped.after;
    const saved = isPlanned ? { ...stepped, verdict: verdictOf(stepped, planned.loaded, planned.isLive) } : stepped;
    await save(tx, saved);
    return saved;
  });
  if (next.deliveryCount > progress.deliveryCount) admin.wake(Number(replay.currentId));
  return next;
}

/** A plan says something also when there is nothing to read. */
function needsVerdict({ isDryRun }: EventReplay, { verdict }: ReplayEventsProgress): boolean {
  return isDryRun && verdict === undefined;
}

async function waitForStoring(
  { db }: Admin,
  { filter }: EventReplay,
  progress: ReplayEventsProgress,
  save: SaveProgress<ReplayEventsProgress>,
): Promise<ReplayEventsProgress> {
  const running = new Set(await storingTransactions(db));
  const waitFor = progress.waitFor.filter((id) => running.has(id));
  // The first batch of all may be among those that were waited for.
  const after =
    waitFor.length === 0 && progress.types.length > 0 ? await cursorAt(db, filter.from?.getTime() ?? 0) : undefined;
  const next = { ...progress, waitFor, after, restMs: waitFor.length > 0 ? restMs : 0 };
  await save(db, next);
  return next;
}

interface Room {
  readonly events: number;
  readonly deliveries: number;
}

/** How much may be made now; nothing while more than half of the most is pending. */
async function roomFor(tx: Queries, currentId: string): Promise<Room> {
  const [row] = await tx.execute<{ events: number; deliveries: number }>(sql`
    select coalesce(sum(pending), 0)::float8 as events, count(*)::int as deliveries from delivery
    where current_id = ${Number(currentId)} and replay_id is not null and pending > 0`);
  const { events, deliveries } = row ?? { events: 0, deliveries: 0 };
  if (events > maxPending.events / 2 || deliveries > maxPending.deliveries / 2) return { events: 0, deliveries: 0 };
  return { events: maxPending.events - events, deliveries: maxPending.deliveries - deliveries };
}

/** Reads batches until the room is used or the time of a step is over. */
async function readOn(
  tx: Queries,
  { currentId, filter, isDryRun }: EventReplay,
  progress: ReplayEventsProgress,
  after: BatchCursor,
  room: Room,
  planned: PlannedCurrent | undefined,
  jobId: string,
): Promise<ReplayEventsProgress> {
  const endMs = performance.now() + stepMs;
  const choice: Choice = {
    isWanted: outcomeTest(filter.outcomes),
    types: new Set(progress.types),
    users: filter.users && new Set(filter.users),
  };
  const { fromMs, untilMs } = progress;
  const { heads, next } = await nextHeads(tx, { after, fromMs, untilMs });
  const outcomes = await outcomesOf(tx, Number(currentId), heads);
  const plan = planned && openPlan(progress.plan, planned, Date.parse(await databaseNow(tx)));
  const made: NewReplay[] = [];
  let { batchCount, unreadableCount } = progress;
  let madeEvents = 0;
  let read = 0;
  const isFull = (): boolean =>
    madeEvents >= room.events || made.length >= room.deliveries || performance.now() >= endMs;
  while (read < heads.length && (read === 0 || !isFull())) {
    const group = groupOf(heads, read, room.deliveries - made.length);
    const wanted = group.filter(({ id }) => mayChoose(outcomes.get(id), choice));
    const contents = await contentsOf(tx, wanted);
    for (const head of wanted) {
      const content = contents.get(head.id);
      if (!content) continue;
      const onChosen: OnChosen | undefined =
        plan && ((event, byte, bytes) => plan.add(event, byte, bytes, head.storedAtMs));
      const chosen = await chooseEvents({ events: head.events, content }, outcomes.get(head.id), choice, onChosen);
      unreadableCount += chosen.unreadableCount;
      if (chosen.eventCount === 0) continue;
      madeEvents += chosen.eventCount;
      made.push({ batch: head, eventCount: chosen.eventCount, outcomes: chosen.outcomes });
    }
    read += group.length;
    batchCount += group.length;
  }
  const deliveries = isDryRun ? [] : await makeDeliveries(tx, Number(currentId), jobId, made);
  // Nothing is made for a Current that was deleted meanwhile.
  const isDeleted = !isDryRun && made.length > 0 && deliveries.length === 0;
  const last = heads[read - 1];
  return {
    ...progress,
    after: isDeleted ? undefined : read < heads.length && last ? { day: last.storedOn, id: last.id } : next,
    batchCount,
    eventCount: progress.eventCount + (isDeleted ? 0 : madeEvents),
    deliveryCount: progress.deliveryCount + deliveries.length,
    unreadableCount,
    open: [...progress.open, ...deliveries],
    plan: plan ? plan.progress() : progress.plan,
    restMs: 0,
  };
}

/** The next batches that are read together. */
function groupOf(heads: readonly BatchHead[], from: number, most: number): readonly BatchHead[] {
  let events = 0;
  let end = from;
  for (; end < heads.length && end - from < Math.max(1, most); end++) {
    events += heads[end]?.events ?? 0;
    if (end > from && events > groupEvents) break;
  }
  return heads.slice(from, end);
}

/** The connector of a Current with its settings, to map with; without them when they cannot be used. */
async function plannedCurrent(admin: Admin, currentId: string) {
  const row = await findCurrent(admin.db, currentId);
  const connector = admin.connectors.get(row?.destination ?? '');
  const settings = connector?.settings.safeParse(row?.settings);
  const rules = readFieldRules(row?.fieldRules);
  const loaded: PlannedCurrent | undefined =
    connector && rules && settings?.success
      ? { connector: withFieldRules(connector, rules, admin.seal), settings: settings.data as unknown }
      : undefined;
  return { loaded, isLive: row?.state === 'live' };
}
