import { setImmediate } from 'node:timers/promises';
import type { CatalogueEvent } from '@currents/schema';
import { BatchUnreadable, openBatch } from '../batch/batch.js';
import { Outcome } from '../batch/outcome.js';
import { isTombstone } from '../batch/tombstone.js';

export interface Choice {
  /** Whether an event with this outcome byte is wanted. */
  readonly isWanted: (byte: number) => boolean;
  readonly types: ReadonlySet<string>;
  /** Undefined for all users. */
  readonly users: ReadonlySet<string> | undefined;
}

/** Called for each chosen event with its outcome byte and about the bytes of its JSON. */
export type OnChosen = (event: CatalogueEvent, byte: number, bytes: number) => void;

export interface Chosen {
  /** One byte for each event of the batch: pending or unselected. */
  readonly outcomes: Buffer;
  readonly eventCount: number;
  /** Events with a wanted outcome whose bytes are damaged, or that a later release has stored. */
  readonly unreadableCount: number;
}

/** Whether any event of a batch may be chosen, by its outcome bytes; undefined: the batch has no delivery. */
export function mayChoose(bytes: Buffer | undefined, { isWanted }: Choice): boolean {
  if (!bytes) return isWanted(Outcome.unselected);
  return bytes.some((byte) => isWanted(byte));
}

/** Chooses events of a batch. Reads a slice at a time, and lets the event loop do other work between them. */
export async function chooseEvents(
  { events, content }: { readonly events: number; readonly content: Buffer },
  bytes: Buffer | undefined,
  choice: Choice,
  onChosen?: OnChosen,
): Promise<Chosen> {
  const outcomes = Buffer.alloc(events, Outcome.unselected);
  const byteAt = (position: number): number => bytes?.[position] ?? Outcome.unselected;
  let [eventCount, unreadableCount, first] = [0, 0, 0];
  const countWanted = (from: number, to: number): number => {
    let wanted = 0;
    for (let position = from; position < to; position++) if (choice.isWanted(byteAt(position))) wanted++;
    return wanted;
  };
  const slices = await readable(() => openBatch(content));
  if (!slices) return { outcomes, eventCount, unreadableCount: countWanted(0, events) };
  for (const slice of slices) {
    const end = first + slice.count;
    if (countWanted(first, end) > 0) {
      const stored = await readable(() => slice.read());
      if (!stored) unreadableCount += countWanted(first, end);
      for (const [index, event] of (stored ?? []).entries()) {
        const position = first + index;
        if (!choice.isWanted(byteAt(position)) || !isChosen(event, choice)) continue;
        outcomes[position] = Outcome.pending;
        eventCount++;
        onChosen?.(event, byteAt(position), slice.bytes / slice.count);
      }
      await setImmediate();
    }
    first = end;
  }
  return { outcomes, eventCount, unreadableCount };
}

function isChosen(event: CatalogueEvent, { types, users }: Choice): boolean {
  const { event_type: type, user } = event;
  if (!types.has(type) || isTombstone(event)) return false;
  if (!users) return true;
  return [user.external_user_id, user.device_id, user.user_id].some((id) => typeof id === 'string' && users.has(id));
}

async function readable<Value>(read: () => Value | Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BatchUnreadable) return undefined;
    throw error;
  }
}
