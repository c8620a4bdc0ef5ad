import { sql, type SQL } from 'drizzle-orm';
import type { Admin, Queries } from '../admin/admin.js';
import type { SaveProgress } from '../ledger/saveProgress.js';
import { masterKeyContext } from '../secrets/masterKeyCheck.js';
import type { Seal } from '../secrets/seal.js';
import { countUnderOtherKeys, isUnderOtherKey, sealedColumns, type SealedColumn } from '../secrets/sealedColumns.js';

export interface ResealProgress {
  /** The number of the column, and the key of the row after which the next step begins. */
  readonly column: number;
  readonly after: string;
  /** Values that were sealed meanwhile by another process are found by another pass. */
  readonly pass: number;
  readonly resealedCount: number;
  /** Values of the last pass that no key opens. */
  readonly unreadableCount: number;
}

export const nothingResealed: ResealProgress = {
  column: 0,
  after: '',
  pass: 1,
  resealedCount: 0,
  unreadableCount: 0,
};

const stepValues = 200;
const maxPasses = 5;

/**
 * Seals up to 200 values with the key that seals now, and saves how far it has come in the same transaction. A value that
 * changes meanwhile is left as it was written. Last comes the value by which a start checks its key, so that a start
 * without the former key is refused before all is done.
 */
export async function resealStep(
  { db, seal }: Pick<Admin, 'db' | 'seal'>,
  progress: ResealProgress,
  save: SaveProgress<ResealProgress>,
): Promise<ResealProgress | undefined> {
  const sealed = sealedColumns[progress.column];
  return db.transaction(async (tx) => {
    const next = sealed ? await resealColumn(tx, seal, progress, sealed) : await finishPass(tx, seal, progress);
    if (next) await save(tx, next);
    return next;
  });
}

async function resealColumn(
  tx: Queries,
  seal: Seal,
  progress: ResealProgress,
  { table, value, context, key = context, assign }: SealedColumn,
): Promise<ResealProgress> {
  const where = sql`(${sql.raw(key)}) collate "C" > ${progress.after}`;
  const rows = await tx.execute<{ key: string; context: string; sealed: string }>(sql`
    select ${sql.raw(key)} as key, ${sql.raw(context)} as context, encode(${sql.raw(value)}, 'base64') as sealed
    from ${sql.raw(table)} where ${isUnderOtherKey(value, seal)} and ${where}
    order by (${sql.raw(key)}) collate "C" limit ${sql.raw(String(stepValues))}`);
  const values = rows.flatMap(({ key: owner, context: purpose, sealed }) => {
    try {
      const text = seal.open(Buffer.from(sealed, 'base64'), purpose);
      return [{ owner, before: sealed, after: seal.seal(text, purpose).toString('base64') }];
    } catch {
      // What no key opens stays as it is, and is counted: a key that was lost may be found again.
      return [];
    }
  });
  const written = await tx.execute<{ owner: string }>(sql`
    update ${sql.raw(table)} set ${sql.raw(assign("decode(v.after, 'base64')"))}
    from json_to_recordset(${JSON.stringify(values)}::text::json) as v (owner text, before text, after text)
    where (${sql.raw(key)}) = v.owner and ${sql.raw(value)} = decode(v.before, 'base64')
    returning v.owner`);
  const counted = {
    ...progress,
    resealedCount: progress.resealedCount + written.length,
    unreadableCount: progress.unreadableCount + rows.length - values.length,
  };
  return rows.length < stepValues
    ? { ...counted, column: progress.column + 1, after: '' }
    : { ...counted, after: rows.at(-1)?.key ?? '' };
}

/** Begins another pass if values were sealed with another key meanwhile; else seals the check, and ends. */
async function finishPass(tx: Queries, seal: Seal, progress: ResealProgress): Promise<ResealProgress | undefined> {
  const left = await countUnderOtherKeys(tx, seal);
  const [check] = await tx.execute<{ isLeft: boolean }>(
    sql`select count(*) > 0 as "isLeft" from master_key_check where ${isUnderOtherKey('sealed', seal)}`,
  );
  const others = left - (check?.isLeft ? 1 : 0) - progress.unreadableCount;
  if (others > 0 && progress.pass < maxPasses)
    return { ...progress, column: 0, after: '', pass: progress.pass + 1, unreadableCount: 0 };
  if (others > 0 || !check?.isLeft) return undefined;
  const encoded = (value: Buffer): SQL => sql`decode(${value.toString('hex')}, 'hex')`;
  await tx.execute(sql`
    update master_key_check set sealed = ${encoded(seal.seal(masterKeyContext, masterKeyContext))},
      fingerprint_key = ${encoded(seal.seal(seal.fingerprintKey.toString('base64'), `${masterKeyContext}:fingerprint`))}`);
  return { ...progress, resealedCount: progress.resealedCount + 1 };
}
