import { createHash, randomBytes } from 'node:crypto';
import type { CohortChange, CohortReference, Member } from '@currents/connector';
import { applyNext } from '../../src/cohorts/applyChanges.js';
import { memberKey } from '../../src/cohorts/memberKey.js';
import { setTable } from '../../src/cohorts/memberSet.js';
import { openSession } from '../../src/db/session.js';
import { drizzle } from 'drizzle-orm/postgres-js';
import { connect, storePush, type Admin, type PushStored, type Sql } from '@currents/core';
import { createTestDatabase } from '../database.js';

export interface Inbox {
  readonly url: string;
  readonly sql: Sql;
  readonly db: Admin['db'];
  readonly keyId: number;
  /** Stores these changes as one request of a partner, with a unique body by default. */
  push(
    changes: readonly CohortChange[],
    more?: {
      readonly dedupeKey?: string;
      readonly body?: string;
      readonly partner?: string;
      readonly keyId?: number | null;
    },
  ): Promise<PushStored>;
  /** Applies all stored changes, as a worker does. */
  apply(): Promise<void>;
  /** The members of a cohort, as keys, in order. */
  members(partnerId: string): Promise<readonly string[]>;
  /** The recorded syncs of a cohort, oldest first. */
  syncs(partnerId: string): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function openInbox(): Promise<Inbox> {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 8, name: 'test' });
  const pool = connect(database.url, { max: 4, name: 'test' });
  const [key] = await sql<{ id: number }[]>`
    insert into import_key (partner, name, hash, hint) values ('acme', 'test', ${randomBytes(32)}, 'test') returning id`;
  const keyId = key?.id ?? 0;
  const session = openSession(database.url, { name: 'apply', statementMs: 30_000 });
  return {
    url: database.url,
    sql,
    db: drizzle(pool),
    keyId,
    push: (changes, more = {}) =>
      storePush(
        { sql, onStored: () => undefined },
        {
          partner: more.partner ?? 'acme',
          keyId: more.keyId === undefined ? keyId : more.keyId,
          body: more.body ?? JSON.stringify(changes),
          parsed: { changes, refused: {}, ...(more.dedupeKey !== undefined && { dedupeKey: more.dedupeKey }) },
        },
      ),
    async apply() {
      for (;;) {
        const waiting = await sql<
          { cohort_id: number }[]
        >`select distinct cohort_id from cohort_change where state = 'pending'`;
        if (waiting.length === 0) return;
        for (const { cohort_id } of waiting) while ((await applyNext(session, cohort_id)).outcome === 'applied');
      }
    },
    members: (partnerId) => readMembers(sql, partnerId),
    async syncs(partnerId) {
      return sql`
        select s.kind, s.session, s.state, s.pages_received, s.pages_expected, s.received_count::int as given, s.added_count::int as added, s.removed_count::int as removed, s.unchanged_count::int as unchanged, s.late_count::int as late, s.refused
        from cohort_sync s join cohort c on c.id = s.cohort_id where c.partner_id = ${partnerId} order by s.id`;
    },
    async close() {
      await session.end(1);
      await sql.end();
      await pool.end();
      await database.drop();
    },
  };
}

/** Reads the current members, and checks the stored counts against them. */
export async function readMembers(sql: Sql, partnerId: string): Promise<readonly string[]> {
  const [cohort] = await sql<{ set_id: string | null; external_ids: string; device_ids: string; aliases: string }[]>`
    select set_id, external_ids, device_ids, aliases from cohort where partner_id = ${partnerId}`;
  if (!cohort?.set_id) return [];
  const rows = await sql<{ member: string }[]>`select member from ${sql(setTable(cohort.set_id))} order by member`;
  const members = rows.map(({ member }) => member);
  const count = (kind: string) => members.filter((member) => member.startsWith(kind)).length;
  const counted = [count('e'), count('d'), count('a')].join(' ');
  const kept = [cohort.external_ids, cohort.device_ids, cohort.aliases].join(' ');
  if (counted !== kept) throw new Error(`the cohort ${partnerId} counts ${kept}, and holds ${counted}`);
  return members;
}

export const user = (id: string | number): Member => ({ externalId: String(id) });
export const users = (...ids: readonly (string | number)[]): readonly Member[] => ids.map(user);
export const keys = (...ids: readonly (string | number)[]): readonly string[] =>
  ids.map((id) => memberKey(user(id))).sort();

export const buyers: CohortReference = { id: '77', name: 'Buyers' };

export const add = (
  members: readonly Member[],
  more: { readonly computedAtMs?: number; readonly cohort?: CohortReference } = {},
): CohortChange => ({
  kind: 'add',
  cohort: more.cohort ?? buyers,
  members,
  ...(more.computedAtMs !== undefined && { computedAtMs: more.computedAtMs }),
});

export const remove = (
  members: readonly Member[],
  more: { readonly computedAtMs?: number; readonly cohort?: CohortReference } = {},
): CohortChange =>
  ({
    ...add(members, more),
    kind: 'remove',
  }) as CohortChange;

export const page = (
  session: string,
  at: number,
  of: number,
  members: readonly Member[],
  cohort = buyers,
): CohortChange => ({
  kind: 'replace',
  cohort,
  session: { id: session, page: at, pages: of },
  members,
});

/** A seeded pseudo-random sequence of numbers from 0 to 1. */
export function createDice(seed: number): () => number {
  let state = createHash('sha256').update(String(seed)).digest().readUInt32LE();
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
