import { setTimeout as wait } from 'node:timers/promises';
import { addPartitions } from '../curve/partitions.js';
import type { Hub } from '../hub/openHub.js';
import { untilArrived, untilSettled } from '../measures/arrival.js';
import type { Traffic } from '../programs/open.js';
import { moveDay } from './moveDay.js';

interface Fill {
  readonly events: number;
  /** Days that the events are spread over, today included. */
  readonly days: number;
  readonly apis: number;
  /** Connections of the sender to each api: with one, each request is a batch of its own. */
  readonly connections: number;
}

/** A merge of a million entries takes some seconds. */
const mergeStandstillMs = 120_000;
const lookMs = 250;

/**
 * Fills the hub through its ingest, waits until all is delivered, and moves what was stored to earlier days, one day after
 * another. The last part stays today's. Returns the number of events once the workers have merged the fingerprints of the
 * earlier days.
 */
export async function fillDays(hub: Hub, traffic: Traffic, fill: Fill, progress: (text: string) => void) {
  await addPartitions(hub.sql, fill.days - 1);
  const { generator, sink } = traffic;
  const { url, token } = hub;
  const { connections } = fill;
  const more = await Promise.all(Array.from({ length: fill.apis - 1 }, () => hub.startApi()));
  const moreUrls = more.map((api) => api.url);
  let sent = 0;
  for (let daysAgo = fill.days - 1; daysAgo >= 0; daysAgo--) {
    const events = Math.ceil(fill.events / fill.days);
    sent += (await generator.call('flood', { url, moreUrls, token, connections, events })).events;
    await untilArrived(sink, sent);
    await untilSettled(hub);
    progress(`${sent} events stored and delivered`);
    if (daysAgo === 0) break;
    await hub.stopWorker();
    await moveDay(hub.sql, daysAgo);
    await hub.startWorker();
  }
  await Promise.all(more.map((api) => api.stop()));
  await hub.sql`analyze`;
  progress('waiting until the fingerprints of the earlier days are merged');
  await untilMerged(hub);
  return sent;
}

/** Resolves when the fingerprints of the days before today are in as few blocks as they get. */
async function untilMerged({ sql }: Pick<Hub, 'sql'>): Promise<void> {
  let seen = '';
  for (let movedMs = Date.now(); ; await wait(lookMs)) {
    const [left] = await sql<{ rows: number; blocks: number }[]>`
      select (select count(*)::int from unmerged_fingerprints where stored_on < current_date) as rows,
        coalesce((select sum(open - 1)::int from (
          select count(*) as open from fingerprint_block where stored_on < current_date and level < 100
          group by stored_on, source) days), 0) as blocks`;
    if (!left || left.rows + left.blocks === 0) return;
    const now = `${left.rows} rows and ${left.blocks} blocks`;
    if (now !== seen) movedMs = Date.now();
    seen = now;
    if (Date.now() - movedMs > mergeStandstillMs)
      throw new Error(`expected workers to merge fingerprints; ${now} are left, for ${mergeStandstillMs / 1_000} s`);
  }
}
