import { and, eq } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { quarantineBatch } from '../db/schema.js';
import { QuarantineUnreadable, unpackContent, type KeptEvent } from '../quarantine/content.js';
import type { Place, QuarantineHead } from './quarantinePlace.js';

/**
 * What is there of an event's body: all of it, the beginning of an event that is longer than the catalogue accepts,
 * nothing because the quarantine was full when it came, or nothing because the stored bytes cannot be read.
 */
export type QuarantinedBodyState = 'kept' | 'cut' | 'over_budget' | 'unreadable';

/** Characters of the bodies that are read at once, unless a single event has more. */
export const maxCharacters = 8 * 1024 * 1024;

export type Body = Partial<KeptEvent> & { readonly state: QuarantinedBodyState };

/** The bodies of the first places, as many as may be read at once: of at least one. Each content is read once. */
export async function readBodies(db: Queries, places: readonly Place[]): Promise<readonly Body[]> {
  const bodies: Body[] = [];
  let characters = 0;
  let opened: { readonly row: QuarantineHead; readonly body: (index: number) => Body } | undefined;
  for (const { row, index } of places) {
    if (opened?.row !== row) opened = { row, body: await openRow(db, row) };
    const body = opened.body(index);
    characters += body.body?.length ?? 0;
    if (bodies.length > 0 && characters > maxCharacters) break;
    bodies.push(body);
  }
  return bodies;
}

async function openRow(db: Queries, { storedOn, id, events }: QuarantineHead): Promise<(index: number) => Body> {
  const [row] = await db
    .select({ content: quarantineBatch.content })
    .from(quarantineBatch)
    .where(and(eq(quarantineBatch.storedOn, storedOn), eq(quarantineBatch.id, id)));
  return openContent(row?.content ?? null, events);
}

/** Reads a content; never rejects because of what is in it. */
export async function openContent(packed: Buffer | null, events: number): Promise<(index: number) => Body> {
  if (!packed) return () => ({ state: 'over_budget' });
  try {
    const kept = await unpackContent(packed, events);
    return (index) => ({ ...kept[index], state: kept[index]?.isCut ? 'cut' : 'kept' });
  } catch (error) {
    if (!(error instanceof QuarantineUnreadable)) throw error;
    return () => ({ state: 'unreadable' });
  }
}
