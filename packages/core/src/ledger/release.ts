import { createHash } from 'node:crypto';
import { readBody, type EventType } from '@currents/schema';
import type { Admin } from '../admin/admin.js';
import { databaseNow } from '../db/databaseNow.js';
import { runInSteps } from '../process/runInSteps.js';
import { release } from '../quarantine/state.js';
import { datedId } from './datedId.js';
import { openContent } from './quarantineBodies.js';
import { eventMatcher, type QuarantineFilter } from './quarantineFilter.js';
import { codeOf } from './quarantinePlace.js';
import { changeRows, keyAfter, nextRows, type QuarantineRow, type RowKey } from './quarantineSteps.js';
import type { SaveProgress } from './saveProgress.js';

/** How far a release has come, and what it did up to there or would do in a dry run. */
export interface ReleaseProgress {
  readonly after?: RowKey | undefined;
  /** Events that arrive later are left out, or it could go on for ever. */
  readonly until?: string;
  /** Events that were read. */
  readonly readCount: number;
  /** Events that the catalogue accepts now. */
  readonly eventCount: number;
  /** Why it refuses the others still; `detail` is about the first of each code. */
  readonly stillRefused: readonly StillRefused[];
  /** Events of these whose stored bodies cannot be read: they are damaged, or a later release has stored them. */
  readonly unreadableCount: number;
}

interface StillRefused {
  readonly code: string;
  readonly detail: string;
  readonly eventCount: number;
}

interface ReleaseRequest {
  readonly filter: QuarantineFilter;
  readonly isDryRun: boolean;
}

export const nothingReleased: ReleaseProgress = { readCount: 0, eventCount: 0, stillRefused: [], unreadableCount: 0 };

/**
 * Reads the events of some rows again with the present catalogue. Stores what it takes, as if it came now, unless it is a
 * dry run. One event is released once, however often and by how many admins at once this is asked, and when a step is
 * repeated because its process died; the same event's id keeps a partner from counting it twice. Cannot be undone.
 * Returns how far it has come; undefined at the end.
 */
export async function releaseStep(
  admin: Pick<Admin, 'db' | 'store'>,
  { filter, isDryRun }: ReleaseRequest,
  progress: ReleaseProgress,
  save: SaveProgress<ReleaseProgress>,
): Promise<ReleaseProgress | undefined> {
  const held = { ...filter, isReleased: false };
  const rows = await nextRows(admin.db, held, progress.after);
  if (rows.length === 0) return undefined;
  let next: ReleaseProgress = { ...progress, after: keyAfter(rows) };
  const accepted: Accepted[] = [];
  for (const row of rows) {
    const { good, refused, readCount, unreadableCount } = await readRow(row, held);
    next = {
      ...next,
      readCount: next.readCount + readCount,
      eventCount: next.eventCount + good.length,
      stillRefused: merged(next.stillRefused, refused),
      unreadableCount: next.unreadableCount + unreadableCount,
    };
    for (const each of good) accepted.push(each);
  }
  if (!isDryRun) await store(admin, accepted);
  await admin.db.transaction(async (tx) => {
    if (!isDryRun) {
      const indexes = indexesByRow(accepted);
      const changed = rows.filter(({ id }) => indexes.has(id));
      const now = new Date(await databaseNow(tx));
      await changeRows(tx, changed, async (row) => release(row, indexes.get(row.id) ?? [], now));
    }
    await save(tx, next);
  });
  return next;
}

function indexesByRow(accepted: readonly Accepted[]): ReadonlyMap<string, readonly number[]> {
  const rows = new Map<string, number[]>();
  for (const { row, index } of accepted) {
    const indexes = rows.get(row.id);
    if (indexes) indexes.push(index);
    else rows.set(row.id, [index]);
  }
  return rows;
}

interface Accepted {
  readonly row: QuarantineRow;
  readonly index: number;
  readonly types: readonly EventType[];
  readonly json: string;
  readonly fingerprints: readonly number[];
}

async function readRow(row: QuarantineRow, filter: QuarantineFilter) {
  const body = await openContent(row.content, row.events);
  const isMatch = eventMatcher(filter)(row);
  return runInSteps(readEvents());

  function* readEvents() {
    const good: Accepted[] = [];
    const refused: StillRefused[] = [];
    let characters = 0;
    let readCount = 0;
    let unreadableCount = 0;
    for (let index = 0; index < row.events; index++) {
      if (!isMatch(index)) continue;
      const { body: text = '', state } = body(index);
      const result = state === 'kept' ? readEvent(text) : lostBody(codeOf({ row, index }), state);
      if ('types' in result) good.push({ row, index, ...result });
      else refused.push({ ...result, eventCount: 1 });
      readCount++;
      if (state === 'unreadable') unreadableCount++;
      characters += text.length + 200;
      if (characters < charactersPerStep) continue;
      characters = 0;
      yield undefined;
    }
    return { good, refused, readCount, unreadableCount };
  }
}

/** Reading so many takes about a millisecond. */
const charactersPerStep = 64 * 1024;

function readEvent(text: string) {
  const reading = readBody(text, 'ndjson', { withFingerprints: true });
  const fault = 'unreadable' in reading ? reading.unreadable : reading.quarantined[0];
  if ('unreadable' in reading || fault !== undefined || reading.events.length === 0)
    return { code: fault?.code ?? 'not_an_object', detail: fault?.detail ?? 'expected an event, got nothing' };
  return { types: reading.types, json: reading.json, fingerprints: reading.fingerprints };
}

const lost: Readonly<Record<string, string>> = {
  cut: 'only the beginning of the event is stored',
  over_budget: 'the body was not kept, because the quarantine was full',
  unreadable: 'the stored body cannot be read',
};

function lostBody(code: string, state: string) {
  return { code, detail: lost[state] ?? state };
}

/** Events that wait for their commit at once. */
const eventsAtOnce = 500;

/** Each event is a request of its own, so that it is stored once, also when two admins release it or a step is repeated. */
async function store({ store }: Pick<Admin, 'store'>, good: readonly Accepted[]): Promise<void> {
  for (let start = 0; start < good.length; start += eventsAtOnce) {
    const stored = good.slice(start, start + eventsAtOnce).map(({ row, index, types, json, fingerprints }) => {
      const hash = createHash('sha256')
        .update(`quarantine ${datedId(row)}-${index}`)
        .digest();
      return store.store({ hash, tokenId: row.tokenId, types, json: Buffer.from(json), refused: [], fingerprints });
    });
    await Promise.all(stored);
  }
}

function merged(known: readonly StillRefused[], more: readonly StillRefused[]): readonly StillRefused[] {
  const byCode = new Map(known.map((each) => [each.code, each]));
  for (const each of more) {
    const before = byCode.get(each.code);
    byCode.set(each.code, before ? { ...before, eventCount: before.eventCount + each.eventCount } : each);
  }
  return [...byCode.values()];
}
