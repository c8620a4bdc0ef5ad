import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { CatalogueEvent } from '@currents/schema';
import type { Admin } from '../admin/admin.js';
import { BatchUnreadable, openBatch } from '../batch/batch.js';
import { nextRow } from '../ledger/quarantineSteps.js';
import { unpackContent, QuarantineUnreadable } from '../quarantine/content.js';
import { readMembers, tablesWithMembers } from './memberTables.js';
import { partitionDays } from './partitionDays.js';
import { userHash, type StoredId } from './userHash.js';
import type { DeletedId } from './userIds.js';

/** Where the ids of users are looked for that were deleted before. */
const places = ['batches', 'quarantine', 'members', 'done'] as const;

/** How far the search has come. */
export interface SearchProgress {
  readonly place: (typeof places)[number];
  readonly day?: string | undefined;
  readonly after?: string | undefined;
  /** The last table of members that is read, and the key of the last row of it. */
  readonly table?: string | undefined;
  readonly row?: readonly string[] | undefined;
  readonly readCount: number;
}

export const nothingSearched: SearchProgress = { place: 'batches', readCount: 0 };

type Deps = Pick<Admin, 'db' | 'seal'>;
type Found = (kind: StoredId['kind'], id: unknown) => void;

const stepBatches = 32;

/**
 * Reads the next part of what is stored and hashes every id in it, because only hashes are known of users that were
 * deleted. Returns the ids whose hashes are known; `next` is undefined at the end.
 */
export async function searchStep(deps: Deps, hashes: ReadonlyMap<string, number>, progress: SearchProgress) {
  const ids = new Map<string, DeletedId>();
  const seen = new Set<string>();
  const found: Found = (kind, id) => {
    if (typeof id !== 'string' || id === '' || seen.has(kind + id)) return;
    seen.add(kind + id);
    const untilMs = hashes.get(userHash(deps.seal, { kind, id }));
    if (untilMs !== undefined) ids.set(kind + id, { kind, id, untilMs });
  };
  const next = await searches[progress.place](deps, progress, found);
  return { ids: [...ids.values()], next: next ?? nextPlace(progress) };
}

function nextPlace({ place, readCount }: SearchProgress): SearchProgress {
  return { place: places[places.indexOf(place) + 1] ?? 'done', readCount };
}

type Search = (deps: Deps, progress: SearchProgress, found: Found) => Promise<SearchProgress | undefined>;

const searches: Readonly<Record<SearchProgress['place'], Search>> = {
  batches: searchBatches,
  quarantine: searchQuarantine,
  members: searchMembers,
  done: () => Promise.resolve(undefined),
};

async function searchBatches({ db }: Deps, progress: SearchProgress, found: Found) {
  const days = await partitionDays(db, 'batch');
  const day = progress.day ?? days[0];
  if (day === undefined) return undefined;
  const rows = await db.execute<{ id: string; content: Buffer }>(sql`
    select id, content from batch where stored_on = ${day} and id > ${progress.after ?? '0'}::bigint order by id limit ${stepBatches}`);
  for (const { content } of rows) await searchBatch(content, found);
  const last = rows.at(-1)?.id;
  if (last !== undefined) return { ...progress, day, after: last, readCount: progress.readCount + rows.length };
  const nextDay = days.find((each) => each > day);
  return nextDay === undefined ? undefined : { ...progress, day: nextDay, after: '0' };
}

async function searchBatch(content: Buffer, found: Found): Promise<void> {
  try {
    for (const slice of await openBatch(content)) {
      for (const { user } of slice.read()) searchUser(user, found);
      await nextTurn();
    }
  } catch (error) {
    // The deletion that follows counts it.
    if (!(error instanceof BatchUnreadable)) throw error;
  }
}

function searchUser({ external_user_id, device_id, user_id }: CatalogueEvent['user'], found: Found): void {
  found('e', external_user_id);
  found('d', device_id);
  found('u', user_id);
}

async function searchQuarantine({ db }: Deps, progress: SearchProgress, found: Found) {
  const after = progress.day === undefined ? undefined : { storedOn: progress.day, id: progress.after ?? '0' };
  const row = await nextRow(db, {}, after);
  if (!row) return undefined;
  try {
    const kept = row.content ? await unpackContent(row.content, row.events) : [];
    for (const { body } of kept)
      for (const text of textsIn(body ?? '')) for (const kind of ['e', 'd', 'u'] as const) found(kind, text);
  } catch (error) {
    if (!(error instanceof QuarantineUnreadable)) throw error;
  }
  return { ...progress, day: row.storedOn, after: row.id, readCount: progress.readCount + 1 };
}

/** The texts of a JSON value, or what stands between quotation marks in what is not JSON. */
function textsIn(body: string): Iterable<string> {
  const texts: string[] = [];
  try {
    JSON.parse(body, (_, value: unknown) => {
      if (typeof value === 'string' || typeof value === 'number') texts.push(String(value));
      return value;
    });
  } catch {
    for (const text of body.split(/["',:;\s]+/)) texts.push(text);
  }
  return texts;
}

/** The sets of members, and what else has members, table by table. */
async function searchMembers({ db }: Deps, progress: SearchProgress, found: Found) {
  const tables = await tablesWithMembers(db);
  const table = progress.table ?? tables[0];
  if (table === undefined) return undefined;
  const { members, last } = await readMembers(db, table, progress.row);
  for (const member of members) searchMember(member, found);
  if (last) return { ...progress, table, row: last, readCount: progress.readCount + members.length };
  const next = tables[tables.indexOf(table) + 1];
  return next === undefined ? undefined : { ...progress, table: next, row: undefined };
}

function searchMember(member: string, found: Found): void {
  const [kind, id] = [member[0], member.slice(1)];
  if (kind === 'e' || kind === 'd') found(kind, id);
  else found('a', member);
}
