import { createHash } from 'node:crypto';
import { readBody } from '@currents/schema';
import { and, asc, eq, gt, inArray, isNull, sql, type SQL } from 'drizzle-orm';
import { quarantine } from '../db/schema.js';
import type { Admin, Db } from '../admin/admin.js';
import { matches, type QuarantineFilter } from './quarantine.js';

/** What a release did, or would do in a dry run. */
interface Released {
  readonly kind: 'Released';
  readonly isDryRun: boolean;
  /** Events that the catalogue accepts now. */
  readonly eventCount: number;
  /** Why it refuses the others still; `detail` is about the first of each code. */
  readonly stillRefused: readonly { readonly code: string; readonly detail: string; readonly eventCount: number }[];
}

/**
 * Reads quarantined events again with the present catalogue. Changes nothing, and reads every one that matches: for
 * a large quarantine that takes a while.
 */
export async function planRelease(admin: Db, filter: QuarantineFilter): Promise<Released> {
  const findings = openFindings();
  for await (const rows of unreleased(admin, filter)) for (const row of rows) findings.add(row);
  return { kind: 'Released', isDryRun: true, ...findings.close() };
}

/**
 * Stores what the present catalogue takes, as if it came now. One event is released once, however often and by how
 * many admins at once this is asked; the same event's id keeps a partner from counting it twice. Cannot be undone.
 */
export async function releaseQuarantined(
  admin: Pick<Admin, 'db' | 'store'>,
  filter: QuarantineFilter,
): Promise<Released> {
  const findings = openFindings();
  for await (const rows of unreleased(admin, filter)) {
    const good = rows.flatMap((row) => findings.add(row) ?? []);
    await Promise.all(good.map(({ submission }) => admin.store.store(submission)));
    if (good.length === 0) continue;
    const day = (good[0] as (typeof good)[0]).row.storedOn;
    const ids = good.map(({ row }) => row.id);
    await admin.db
      .update(quarantine)
      .set({ releasedAt: sql`now()` })
      .where(and(eq(quarantine.storedOn, day), inArray(quarantine.id, ids), isNull(quarantine.releasedAt)));
  }
  return { kind: 'Released', isDryRun: false, ...findings.close() };
}

type Row = Pick<typeof quarantine.$inferSelect, 'storedOn' | 'id' | 'tokenId' | 'body'>;

const stepRows = 500;
/** A step is of one day. It stops at the event that brings it above this, so it holds one at least, however large. */
const stepBytes = 16 * 1024 * 1024;

async function* unreleased({ db }: Db, filter: QuarantineFilter): AsyncGenerator<readonly Row[]> {
  const chosen = matches({ ...filter, isReleased: false });
  const days = await db
    .select({ day: quarantine.storedOn })
    .from(quarantine)
    .where(chosen)
    .groupBy(quarantine.storedOn)
    .orderBy(asc(quarantine.storedOn));
  for (const { day } of days) {
    let last: string | undefined = '0';
    while (last !== undefined) {
      const rows: readonly Row[] = await readStep(
        db,
        and(chosen, eq(quarantine.storedOn, day), gt(quarantine.id, last)),
      );
      if (rows.length > 0) yield rows;
      last = rows.at(-1)?.id;
    }
  }
}

function readStep(db: Db['db'], where: SQL | undefined): PromiseLike<readonly Row[]> {
  return db.execute<Row>(sql`
    select stored_on as "storedOn", id, token_id as "tokenId", body from (
      select *, sum(octet_length(body)) over (order by id) - octet_length(body) as bytes_before from (
        select stored_on, id, token_id, body from ${quarantine} where ${where} order by id limit ${stepRows}
      ) candidate
    ) sized
    where bytes_before < ${stepBytes} order by id`);
}

function openFindings() {
  let events = 0;
  const refused = new Map<string, { readonly code: string; readonly detail: string; eventCount: number }>();
  return {
    /** What to store of it; undefined when it is refused still. */
    add(row: Row) {
      const reading = readBody(row.body, 'ndjson');
      const fault = 'unreadable' in reading ? reading.unreadable : reading.quarantined[0];
      if ('unreadable' in reading || fault !== undefined || reading.events.length === 0) {
        const { code, detail } = fault ?? { code: 'not_an_object', detail: 'expected an event, got nothing' };
        const known = refused.get(code);
        if (known) known.eventCount++;
        else refused.set(code, { code, detail, eventCount: 1 });
        return undefined;
      }
      events++;
      const hash = createHash('sha256').update(`quarantine ${row.id}`).digest();
      return {
        row,
        submission: { hash, tokenId: row.tokenId, types: reading.types, json: Buffer.from(reading.json), refused: [] },
      };
    },
    close: () => ({ eventCount: events, stillRefused: [...refused.values()] }),
  };
}
