import type { quarantineBatch } from '../db/schema.js';
import { datedId } from './datedId.js';

/** A row without its content. */
export type QuarantineHead = Omit<typeof quarantineBatch.$inferSelect, 'content'>;

/** Where a quarantined event is: its row, and its index there. */
export interface Place {
  readonly row: QuarantineHead;
  readonly index: number;
}

export function codeOf({ row, index }: Place): string {
  return row.codes[row.codeIndexes[index] ?? 0] ?? '';
}

/** It names the day, the row and the index of the event in it, such as `20260131-12-0`. */
export function idOf({ row, index }: Place): string {
  return `${datedId(row)}-${index}`;
}
