import { deserialize } from 'node:v8';
import { sql, type SQLWrapper } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import type { Erasure, ErasureProgress } from './erasure.js';
import { partitionDays } from './partitionDays.js';
import { storedData } from './storedData.js';
import type { UserMatcher } from './userIds.js';

/** The columns in whose text ids are replaced, or whose rows are deleted. One is done in a step; of a table by day, one day of it. */
const columns = Object.entries(storedData).flatMap(([table, treatments]) =>
  Object.entries(treatments)
    .filter(([, treatment]) => treatment === 'text' || treatment === 'json' || treatment === 'rows')
    .map(([column, treatment]) => ({ table, column, treatment })),
);
const byDay = new Set(['request', 'dead_letter']);

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
  const [rows, value] = [sql.identifier(table), sql.identifier(column)];
  const ofDay = day === undefined ? sql`true` : sql`stored_on = ${day}`;
  for (const pattern of users.patterns) {
    const isIn = sql`${ofDay} and ${value} is not null and ${value}::text ~ ${pattern}::text`;
    if (treatment === 'rows') await tx.execute(sql`delete from ${rows} where ${isIn}`);
    else if (treatment === 'text')
      await tx.execute(
        sql`update ${rows} set ${value} = regexp_replace(${value}, ${pattern}::text, '[deleted]', 'g') where ${isIn}`,
      );
    else await eraseJson(tx, { rows, value, isIn }, users);
  }
}

/** JSON is changed text by text: an id that looks like a number may stand for one. */
async function eraseJson(
  tx: Queries,
  { rows, value, isIn }: Readonly<Record<'rows' | 'value' | 'isIn', SQLWrapper>>,
  users: UserMatcher,
): Promise<void> {
  const found = await tx.execute<{ ctid: string; value: unknown }>(
    sql`select ctid::text as ctid, ${value} as value from ${rows} where ${isIn} for update`,
  );
  for (const row of found) {
    const erased = JSON.stringify(eraseStrings(row.value, users));
    await tx.execute(sql`update ${rows} set ${value} = ${erased}::jsonb where ctid = ${row.ctid}::tid`);
  }
}

function eraseStrings(value: unknown, users: UserMatcher): unknown {
  if (typeof value === 'string') return users.erase(value);
  if (Array.isArray(value)) return value.map((each) => eraseStrings(each, users));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [users.erase(key), eraseStrings(each, users)]));
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
