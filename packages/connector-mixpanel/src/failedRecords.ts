import type { Item } from '@currents/connector';
import type { Payload } from './map.js';

/** What a 400 reports about single events. */
export interface FailedRecords {
  /** Index in the request → why that event was refused. */
  readonly refused: ReadonlyMap<number, string>;
  /** Whether all other events were imported; if not, one of them may have been refused without being named. */
  readonly isComplete: boolean;
}

/**
 * Reads the `failed_records` of a 400. Events that are not listed were imported (Import Events reference, 400), but only if
 * every entry matches an event that was sent and the count of imported events agrees. Undefined when no event is named.
 */
export function readFailedRecords(
  body: Readonly<Record<string, unknown>>,
  items: readonly Item<Payload>[],
): FailedRecords | undefined {
  const entries = body['failed_records'];
  if (!Array.isArray(entries)) return undefined;
  const refused = new Map<number, string>();
  let isMatched = true;
  for (const entry of entries as readonly unknown[]) {
    const index = indexOf(entry, items);
    if (index === undefined) isMatched = false;
    else if (!refused.has(index)) refused.set(index, reasonOf(entry));
  }
  if (refused.size === 0) return undefined;
  return {
    refused,
    isComplete: isComplete(body['num_records_imported'], items.length, refused.size, entries.length, isMatched),
  };
}

/** An event may be listed once per fault, so the count may be lower by the number of entries or of events. */
function isComplete(imported: unknown, sent: number, refused: number, entries: number, isMatched: boolean): boolean {
  if (typeof imported !== 'number') return isMatched;
  return isMatched ? imported >= sent - entries : imported === sent - refused;
}

function indexOf(entry: unknown, items: readonly Item<Payload>[]): number | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { index, insert_id: plain, $insert_id: dollar } = entry as Readonly<Record<string, unknown>>;
  const place = typeof index === 'string' && /^\d{1,6}$/.test(index) ? Number(index) : index;
  const item = typeof place === 'number' ? items[place] : undefined;
  if (item === undefined) return undefined;
  // The reference spells the key in two ways. An entry with the id of another event is ignored.
  const id = plain ?? dollar;
  const isOfItem = typeof id !== 'string' || id === '' || id === idOf(item.payload);
  return isOfItem ? (place as number) : undefined;
}

function idOf(payload: Payload): unknown {
  return 'properties' in payload ? payload.properties['$insert_id'] : payload.$distinct_id;
}

function reasonOf(entry: unknown): string {
  const { field, message } = entry as Readonly<Record<string, unknown>>;
  const parts = [field, message].filter((part): part is string => typeof part === 'string' && part !== '');
  return parts.length === 0 ? 'no reason given' : parts.join(': ');
}
