import { and, asc, eq, gt, type SQL } from 'drizzle-orm';
import { quarantineBatch } from '../db/schema.js';
import type { Queries } from '../admin/admin.js';
import { rowMatches, type QuarantineFilter } from './quarantineFilter.js';

export type QuarantineRow = typeof quarantineBatch.$inferSelect;

/** A row of the quarantine, as far as a walk through it has come. */
export interface RowKey {
  readonly storedOn: string;
  readonly id: string;
}

/** The oldest row after another that has an event that matches; undefined when there is none. */
export async function nextRow(
  db: Queries,
  filter: QuarantineFilter,
  after: RowKey | undefined,
): Promise<QuarantineRow | undefined> {
  const { storedOn, id } = quarantineBatch;
  const read = async (where?: SQL): Promise<QuarantineRow | undefined> => {
    const query = db
      .select()
      .from(quarantineBatch)
      .where(and(rowMatches(filter), where));
    return (await query.orderBy(asc(storedOn), asc(id)).limit(1))[0];
  };
  if (!after) return read();
  // Comparing both at once, Postgres would sort all there is.
  return (await read(and(eq(storedOn, after.storedOn), gt(id, after.id)))) ?? read(gt(storedOn, after.storedOn));
}

/** Changes a row that no other transaction changes meanwhile. Does nothing when its day has just been dropped. */
export async function changeRow(
  tx: Queries,
  key: RowKey,
  change: (row: QuarantineRow) => Promise<Partial<QuarantineRow>>,
): Promise<void> {
  const isRow = and(eq(quarantineBatch.storedOn, key.storedOn), eq(quarantineBatch.id, key.id));
  const [row] = await tx.select().from(quarantineBatch).where(isRow).for('update');
  if (row)
    await tx
      .update(quarantineBatch)
      .set(await change(row))
      .where(isRow);
}
