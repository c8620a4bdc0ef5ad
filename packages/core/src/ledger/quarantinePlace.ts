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

/** Undefined when the event says none, or a release that does not record it has stored the event. */
export function typeOf({ row, index }: Place): string | undefined {
  return row.eventTypes?.[row.codeIndexes[index] ?? 0] || undefined;
}

/** It names the day, the row and the index of the event in it, such as `20260131-12-0`. */
export function idOf({ row, index }: Place): string {
  return `${datedId(row)}-${index}`;
}
