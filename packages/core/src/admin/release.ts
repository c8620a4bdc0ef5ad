import { createHash } from 'node:crypto';
import { readBody } from '@currents/schema';
import { and, asc, inArray, isNull, sql } from 'drizzle-orm';
import { quarantine } from '../db/schema.js';
import type { Admin } from './admin.js';
import { matches, type QuarantineFilter } from './quarantine.js';

/** What the present catalogue makes of quarantined events. */
export interface Releasable {
  /** Events that it takes now. */
  readonly events: number;
  /** Why it refuses the others still; the first of each code says it in detail. */
  readonly stillRefused: readonly { readonly code: string; readonly detail: string; readonly events: number }[];
}

/** What a release would do. Nothing is done yet. */
export interface ReleasePlanned extends Releasable {
  readonly kind: 'ReleasePlanned';
}

/** The events are stored, with a delivery for every Current that takes them. */
export interface Released extends Releasable {
  readonly kind: 'Released';
}

/**
 * Reads quarantined events again with the present catalogue. Changes nothing, and reads every one that matches: for
 * a large quarantine that takes a while.
 */
export async function planRelease(admin: Pick<Admin, 'db'>, filter: QuarantineFilter): Promise<ReleasePlanned> {
  const findings = openFindings();
  for await (const rows of unreleased(admin, filter)) for (const row of rows) findings.add(row);
  return { kind: 'ReleasePlanned', ...findings.close() };
}

/**
 * Stores what the present catalogue takes, as if it came now. One event is released once, however often and by how
 * many admins at once this is asked; the same event's id keeps a partner from counting it twice. Cannot be undone.
 */
export async function releaseQuarantined(admin: Pick<Admin, 'db' | 'store'>, filter: QuarantineFilter): Promise<Released> {
  const findings = openFindings();
  for await (const rows of unreleased(admin, filter)) {
    const good = rows.flatMap((row) => findings.add(row) ?? []);
    await Promise.all(good.map(({ submission }) => admin.store.store(submission)));
    if (good.length === 0) continue;
    await admin.db
      .update(quarantine)
      .set({ releasedAt: sql`now()` })
      .where(and(inArray(quarantine.storedOn, [...new Set(good.map(({ row }) => row.storedOn))]), inArray(quarantine.id, good.map(({ row }) => row.id)), isNull(quarantine.releasedAt)));
  }
  return { kind: 'Released', ...findings.close() };
}

type Row = Pick<typeof quarantine.$inferSelect, 'storedOn' | 'id' | 'tokenId' | 'body'>;

const stepRows = 200;
/** A step holds at least one event, however large, and otherwise no more than this. */
const stepBytes = 16 * 1024 * 1024;

async function* unreleased({ db }: Pick<Admin, 'db'>, filter: QuarantineFilter): AsyncGenerator<readonly Row[]> {
  let last: Row | undefined;
  for (;;) {
    const beyond = last && sql`(${quarantine.storedOn}, ${quarantine.id}) > (${last.storedOn}::date, ${last.id}::bigint)`;
    const candidates = await db
      .select({ storedOn: quarantine.storedOn, id: quarantine.id, bytes: sql<number>`octet_length(${quarantine.body})` })
      .from(quarantine)
      .where(and(matches({ ...filter, released: false }), beyond))
      .orderBy(asc(quarantine.storedOn), asc(quarantine.id))
      .limit(stepRows);
    let bytes = 0;
    const step = candidates.filter((row, index) => (bytes += row.bytes) <= stepBytes || index === 0);
    if (step.length === 0) return;
    const rows = await db
      .select({ storedOn: quarantine.storedOn, id: quarantine.id, tokenId: quarantine.tokenId, body: quarantine.body })
      .from(quarantine)
      .where(and(inArray(quarantine.storedOn, [...new Set(step.map(({ storedOn }) => storedOn))]), inArray(quarantine.id, step.map(({ id }) => id))))
      .orderBy(asc(quarantine.storedOn), asc(quarantine.id));
    yield rows;
    last = rows.at(-1);
    if (last === undefined) return;
  }
}

function openFindings() {
  let events = 0;
  const refused = new Map<string, { readonly code: string; readonly detail: string; events: number }>();
  return {
    /** What to store of it; undefined when it is refused still. */
    add(row: Row) {
      const reading = readBody(row.body, 'ndjson');
      const fault = 'unreadable' in reading ? reading.unreadable : reading.quarantined[0];
      if ('unreadable' in reading || fault !== undefined || reading.events.length === 0) {
        const { code, detail } = fault ?? { code: 'not_an_object', detail: 'wanted an event; nothing came' };
        const known = refused.get(code);
        if (known) known.events++;
        else refused.set(code, { code, detail, events: 1 });
        return undefined;
      }
      events++;
      const hash = createHash('sha256').update(`quarantine ${row.id}`).digest();
      return { row, submission: { hash, tokenId: row.tokenId, types: reading.types, json: Buffer.from(reading.json), refused: [] } };
    },
    close: (): Releasable => ({ events, stillRefused: [...refused.values()] }),
  };
}
