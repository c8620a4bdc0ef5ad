import { randomBytes } from 'node:crypto';
import type { Member } from '@currents/connector';
import { createSeal, createSegment, listMembers, memberKey, type Seal, type SegmentView } from '@currents/core';
import { openSession, type Session } from '../../src/db/session.js';
import { evaluateSegment } from '../../src/segments/evaluate.js';
import { openInbox, type Inbox } from '../cohorts/cohortHarness.js';

export interface SegmentHarness extends Inbox {
  readonly seal: Seal;
  readonly session: Session;
  /** The dependencies of admin operations. */
  readonly admin: {
    readonly sql: Inbox['sql'];
    readonly db: Inbox['db'];
    readonly databaseUrl: string;
    readonly seal: Seal;
    readonly allowBaseUrl: boolean;
    readonly connectors: ReadonlyMap<string, never>;
  };
  /** The hub's id of a cohort, by the partner's id. */
  cohortId(partnerId: string): Promise<string>;
  segment(name: string, definition: unknown): Promise<SegmentView>;
  /** Applies all stored changes, and evaluates every segment. */
  settle(): Promise<void>;
  members(segmentId: string): Promise<readonly string[]>;
  /** The members of a cohort, by the partner's id. */
  membersOf(partnerId: string): Promise<readonly string[]>;
}

export async function openSegmentHarness(): Promise<SegmentHarness> {
  const inbox = await openInbox();
  const seal = createSeal(randomBytes(32));
  const session = openSession(inbox.url, { name: 'evaluate', statementMs: 30_000 });
  const admin = {
    sql: inbox.sql,
    db: inbox.db,
    databaseUrl: inbox.url,
    seal,
    allowBaseUrl: true,
    connectors: new Map<string, never>(),
  };
  return {
    ...inbox,
    seal,
    session,
    admin,
    async cohortId(partnerId) {
      const [row] = await inbox.sql<{ id: number }[]>`select id from cohort where partner_id = ${partnerId}`;
      if (!row) throw new Error(`no cohort ${partnerId}`);
      return String(row.id);
    },
    async segment(name, definition) {
      const made = await createSegment(admin, { name, definition });
      if (made.kind !== 'Segment') throw new Error(made.message);
      return made;
    },
    async settle() {
      await inbox.apply();
      const due = await inbox.sql<{ segment_id: number }[]>`select distinct segment_id from segment_candidate`;
      for (const { segment_id } of due) while ((await evaluateSegment(session, segment_id)).outcome === 'evaluated');
    },
    membersOf: inbox.members,
    members: (segmentId) => allMembers(inbox, segmentId),
    async close() {
      await session.end(1);
      await inbox.close();
    },
  };
}

/**
 * Reads all members page by page, as keys, and checks the stored counts against them. Members and counts change in one
 * transaction, so both are read again when one was committed meanwhile.
 */
async function allMembers(inbox: Pick<Inbox, 'sql' | 'db'>, segmentId: string): Promise<readonly string[]> {
  for (let kept = await countsOf(inbox, segmentId); ;) {
    const keys = await keysOf(inbox, segmentId);
    const keptAfter = await countsOf(inbox, segmentId);
    const counted = ['e', 'd', 'a'].map((kind) => keys.filter((key) => key.startsWith(kind)).length).join(' ');
    if (kept === keptAfter && counted === kept) return keys;
    if (kept === keptAfter) throw new Error(`the segment ${segmentId} counts ${kept}, and holds ${counted}`);
    kept = keptAfter;
  }
}

async function keysOf({ db }: Pick<Inbox, 'db'>, segmentId: string): Promise<readonly string[]> {
  const members: Member[] = [];
  let after: string | undefined;
  do {
    const page = await listMembers({ db }, segmentId, { first: 200, after });
    if ('kind' in page) throw new Error(page.message);
    members.push(...page.nodes);
    after = page.nextCursor;
  } while (after !== undefined);
  return members.map(memberKey);
}

async function countsOf({ sql }: Pick<Inbox, 'sql'>, segmentId: string): Promise<string> {
  const [row] = await sql<{ external_ids: string; device_ids: string; aliases: string }[]>`
    select external_ids, device_ids, aliases from segment where id = ${Number(segmentId)}`;
  return [row?.external_ids, row?.device_ids, row?.aliases].join(' ');
}
