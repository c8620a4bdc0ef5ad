import { readSets, setTable } from '../cohorts/memberSet.js';
import type { Sql } from '../db/connect.js';
import type { ClaimedSync } from './claimSync.js';
import type { SentBefore } from './decideChange.js';

/** A user to look at: what is so now, and what was sent before. */
export interface Candidate {
  readonly member: string;
  /** Whether the destination is to hold the user as a member. */
  readonly isMember: boolean;
  readonly before: SentBefore | undefined;
  /** Sent also if nothing has changed. */
  readonly isForced: boolean;
}

/** Users to look at, and where the sync stands once they are looked at. */
export interface Candidates {
  readonly candidates: readonly Candidate[];
  readonly changeId: string;
  /** The walk that they were found in, and where it goes on; undefined without one, and after its last page. */
  readonly walkedFrom: Walk | undefined;
  readonly walk: Walk | undefined;
  /** How many users the walk has passed by in this step. */
  readonly walked: number;
  /** Whether there is nothing more to look at now. */
  readonly isLast: boolean;
}

export interface Walk {
  readonly kind: 'changed' | 'all' | 'clear';
  readonly after: string;
}

interface Place {
  readonly segmentId: number;
  readonly changeId: string;
  readonly walk: Walk['kind'] | null;
  readonly walkAfter: string;
  readonly isClearing: boolean;
}

interface Found {
  readonly members: readonly string[];
  readonly isFull: boolean;
}

/**
 * The next users to look at, up to `limit` of each of three kinds: those that are due again, those with an entry or exit,
 * and those that the walk comes to. What they are is read afterwards, so that it is at least as new as the change that
 * named them. Undefined when the lease is lost.
 */
export async function findCandidates(sql: Sql, sync: ClaimedSync, limit: number): Promise<Candidates | undefined> {
  const place = await readPlace(sql, sync);
  if (!place) return undefined;
  const due = await dueMembers(sql, sync.syncId, limit);
  const changes = place.isClearing ? undefined : await changedMembers(sql, place, limit);
  return readSets(async () => {
    const [segment] = await sql<{ setId: string | null }[]>`
      select set_id as "setId" from segment where id = ${place.segmentId} and deleted_at is null`;
    const set = segment?.setId === null || segment === undefined ? undefined : setTable(segment.setId);
    const walked = place.walk === null ? undefined : await walkMembers(sql, sync.syncId, { ...place, set, limit });
    const members = [...new Set([...due.members, ...(changes?.members ?? []), ...(walked?.members ?? [])])];
    const forced = new Set(place.walk === 'all' ? walked?.members : []);
    const known = await readMembers(sql, sync.syncId, members, place.isClearing ? undefined : set);
    return {
      candidates: known.map((each) => ({ ...each, isForced: forced.has(each.member) })),
      changeId: changes?.lastId ?? place.changeId,
      walkedFrom: place.walk === null ? undefined : { kind: place.walk, after: place.walkAfter },
      walk:
        place.walk !== null && walked?.isFull
          ? { kind: place.walk, after: walked.members.at(-1) ?? place.walkAfter }
          : undefined,
      walked: walked?.members.length ?? 0,
      isLast: !due.isFull && !changes?.isFull && !walked?.isFull,
    };
  });
}

/** Changes that are deleted before they were taken up are made up for by a walk. */
async function readPlace(sql: Sql, { syncId, lease }: ClaimedSync): Promise<Place | undefined> {
  const [place] = await sql<Place[]>`
    update segment_sync y set
      walk = case when y.change_id < s.pruned_change_id and not y.is_clearing then coalesce(y.walk, 'changed') else y.walk end,
      walk_after = case when y.change_id < s.pruned_change_id and not y.is_clearing then '' else y.walk_after end,
      change_id = case when y.change_id < s.pruned_change_id then s.last_change_id else y.change_id end
    from segment s
    where y.id = ${syncId} and y.lease = ${lease}::bigint and y.state = 'live' and s.id = y.segment_id
    returning y.segment_id as "segmentId", y.change_id as "changeId", y.walk, y.walk_after as "walkAfter", y.is_clearing as "isClearing"`;
  return place;
}

async function dueMembers(sql: Sql, syncId: number, limit: number): Promise<Found> {
  const rows = await sql<{ member: string }[]>`
    select member from segment_sync_member where sync_id = ${syncId} and due_at <= now() order by due_at limit ${limit}`;
  return { members: rows.map(({ member }) => member), isFull: rows.length === limit };
}

async function changedMembers(
  sql: Sql,
  { segmentId, changeId }: Place,
  limit: number,
): Promise<Found & { readonly lastId: string }> {
  const rows = await sql<{ id: string; member: string }[]>`
    select id, member from segment_change where segment_id = ${segmentId} and id > ${changeId}::bigint order by id limit ${limit}`;
  return {
    members: rows.map(({ member }) => member),
    isFull: rows.length === limit,
    lastId: rows.at(-1)?.id ?? changeId,
  };
}

/** The next users in the set, or of whom something was sent, by keyset pagination. */
async function walkMembers(
  sql: Sql,
  syncId: number,
  { walk, walkAfter, set, limit }: Place & { readonly set: string | undefined; readonly limit: number },
): Promise<Found> {
  const ofSet =
    set === undefined || walk === 'clear'
      ? sql`select ''::text collate "C" as member where false`
      : sql`select member from ${sql(set)} where member > ${walkAfter} order by member limit ${limit}`;
  const rows = await sql<{ member: string }[]>`
    select member from (
      (${ofSet}) union
      (select member from segment_sync_member where sync_id = ${syncId} and member > ${walkAfter} order by member limit ${limit})
    ) both_sides order by member limit ${limit}`;
  return { members: rows.map(({ member }) => member), isFull: rows.length === limit };
}

interface MemberRow {
  readonly member: string;
  readonly isMember: boolean;
  readonly sent: boolean | null;
  readonly state: SentBefore['state'];
  readonly ageMs: number;
  readonly tries: number;
  readonly isDue: boolean;
}

/** Without a set, no user is a member. */
async function readMembers(
  sql: Sql,
  syncId: number,
  members: readonly string[],
  set: string | undefined,
): Promise<readonly Omit<Candidate, 'isForced'>[]> {
  if (members.length === 0) return [];
  const isIn = set === undefined ? sql`false` : sql`exists (select from ${sql(set)} s where s.member = c.member)`;
  const rows = await sql<MemberRow[]>`
    select c.member, ${isIn} as "isMember", m.is_member as sent, m.state, m.tries, m.due_at is not null as "isDue",
      (extract(epoch from now() - m.sent_at) * 1000)::float8 as "ageMs"
    from unnest(${[...members]}::text[]) c (member)
    left join segment_sync_member m on m.sync_id = ${syncId} and m.member = c.member`;
  return rows.map(({ member, isMember, sent, state, ageMs, tries, isDue }) => ({
    member,
    isMember,
    before: sent === null ? undefined : { isMember: sent, state, ageMs, tries, isDue },
  }));
}
