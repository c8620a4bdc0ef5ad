import { deserialize } from 'node:v8';
import { sql, type Name, type SQL } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import type { Erasure, ErasureProgress } from './erasure.js';
import { eraseStrings } from './eraseStrings.js';
import { partitionDays } from './partitionDays.js';
import { storedData, type Treatment } from './storedData.js';
import type { UserMatcher } from './userIds.js';

/** The columns in whose text ids are replaced, or whose rows are deleted. One is done in a step; of a table by day, one day of it. */
/** With ids of objects, which are left as they are: the progress is an index, in the release before as well. */
const treated: ReadonlySet<Treatment> = new Set(['objectId', 'text', 'json', 'jsonText', 'rows', 'bucketRows']);
const columns = Object.entries(storedData).flatMap(([table, treatments]) =>
  Object.entries(treatments)
    .filter(([, treatment]) => treated.has(treatment))
    .map(([column, treatment]) => ({ table, column, treatment })),
);
const byDay = new Set(['request', 'dead_letter']);
/** JSON values in memory at a time. */
const jsonRows = 500;

/** Replaces the ids in the texts of the next column. Undefined after the last one. */
export async function eraseNextTexts(
  erasure: Erasure,
  progress: ErasureProgress,
): Promise<ErasureProgress | undefined> {
  const { admin, save } = erasure;
  const index = Number(progress.after ?? 0);
  const chosen = columns[index];
  if (!chosen) return undefined;
  let day: string | undefined;
  if (byDay.has(chosen.table)) {
    day = (await partitionDays(admin.db, chosen.table)).find(
      (each) => progress.day === undefined || each > progress.day,
    );
  }
  const isDone = !byDay.has(chosen.table) || day === undefined;
  const next = isDone ? { ...progress, after: String(index + 1), day: undefined } : { ...progress, day };
  await admin.db.transaction(async (tx) => {
    if (!byDay.has(chosen.table) || day !== undefined) await eraseColumn(tx, chosen, erasure.users, day);
    await save(tx, next);
  });
  return next;
}

async function eraseColumn(
  tx: Queries,
  { table, column, treatment }: (typeof columns)[number],
  users: UserMatcher,
  day: string | undefined,
): Promise<void> {
  if (treatment === 'objectId') return;
  const [rows, value] = [sql.identifier(table), sql.identifier(column)];
  const ofDay = day === undefined ? sql`true` : sql`stored_on = ${day}`;
  if (treatment === 'bucketRows') {
    const hashes = sql`array(select jsonb_array_elements_text(${JSON.stringify(users.keyHashes)}::jsonb))`;
    await tx.execute(sql`delete from ${rows} where substring(${value} from ':([^:]*):[^:]*$') = any(${hashes})`);
    return;
  }
  for (const pattern of users.patterns) {
    const isIn = sql`${ofDay} and ${value} is not null and ${value}::text ~ ${pattern}::text`;
    if (treatment === 'rows') await tx.execute(sql`delete from ${rows} where ${isIn}`);
    else if (treatment === 'text')
      await tx.execute(
        sql`update ${rows} set ${value} = regexp_replace(${value}, ${pattern}::text, '[deleted]', 'g') where ${isIn}`,
      );
    else await eraseJson(tx, { rows, value, ofDay, isIn, isText: treatment === 'jsonText' }, users);
  }
}

interface JsonColumn extends Readonly<Record<'rows' | 'value' | 'ofDay' | 'isIn', SQL | Name>> {
  readonly isText: boolean;
}

/**
 * JSON is changed text by text: an id that looks like a number may stand for one. All ids at once, and a row that this
 * transaction has changed has a new place, at which it is left out.
 */
async function eraseJson(
  tx: Queries,
  { rows, value, ofDay, isIn, isText }: JsonColumn,
  users: UserMatcher,
): Promise<void> {
  const type = sql.raw(isText ? 'text' : 'jsonb');
  for (let after = '(0,0)'; ;) {
    const found = Array.from(
      await tx.execute<{ ctid: string; value: unknown }>(sql`
        select ctid::text as ctid, ${value} as value from ${rows} where ${isIn} and ctid > ${after}::tid and xmin <> pg_current_xact_id()::xid
        order by ${rows}.ctid limit ${jsonRows} for update`),
    );
    for (const row of found) {
      const before: unknown = isText ? JSON.parse(row.value as string) : row.value;
      const erased = JSON.stringify(eraseStrings(before, users));
      if (erased !== JSON.stringify(before))
        await tx.execute(
          sql`update ${rows} set ${value} = ${erased}::${type} where ${ofDay} and ctid = ${row.ctid}::tid`,
        );
    }
    const last = found.at(-1);
    if (last === undefined) return;
    after = last.ctid;
  }
}

/** Deletes kept answers to mutations that name one of the users. Undefined after the last one. */
export async function eraseAnswers(
  { admin: { db, seal }, users, save }: Erasure,
  progress: ErasureProgress,
): Promise<ErasureProgress | undefined> {
  const rows = await db.execute<{ adminTokenId: number; key: string; answer: Buffer }>(sql`
    select admin_token_id as "adminTokenId", key, answer from idempotency_key
    where answer is not null and (admin_token_id, key) > (${progress.day ?? '0'}::int, ${progress.after ?? ''}::text)
    order by admin_token_id, key limit 200`);
  const last = rows.at(-1);
  if (!last) return undefined;
  return db.transaction(async (tx) => {
    for (const { adminTokenId, key, answer } of rows) {
      const opened = open(seal, answer, `idempotency:${adminTokenId}:${key}`);
      if (opened !== undefined && !users.isIn(key) && !users.isIn(JSON.stringify(opened) ?? '')) continue;
      await tx.execute(sql`delete from idempotency_key where admin_token_id = ${adminTokenId} and key = ${key}`);
    }
    const next = { ...progress, day: String(last.adminTokenId), after: last.key };
    await save(tx, next);
    return next;
  });
}

/** Undefined when it does not open; the api cannot answer with it then, either. */
function open(seal: Erasure['admin']['seal'], answer: Buffer, context: string): unknown {
  try {
    return deserialize(Buffer.from(seal.open(answer, context), 'base64'));
  } catch {
    return undefined;
  }
}
