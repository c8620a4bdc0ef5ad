import type { Admin } from '../admin/admin.js';
import { QuestionRefused } from '../admin/page.js';
import { schedules, type Schedule } from '../cohorts/freshness.js';
import { storePush } from '../cohorts/storePush.js';
import { fetchPartnerCohorts, type ListingProblem } from './partnerCohorts.js';
import { findPull } from './managePulls.js';
import { openSource, type PullSourceProblem, type PullSource } from './pullSource.js';
import type { PullView } from './pullView.js';

export interface NewPull {
  /** Whose settings and credentials to use. */
  readonly currentId: string;
  /** The partner's id of the cohort. */
  readonly partnerId: string;
  readonly schedule: Schedule;
}

/** The partner does not list such a cohort. */
export interface PartnerCohortNotFound {
  readonly kind: 'PartnerCohortNotFound';
  readonly message: string;
}

/** The partner gives no cohort out that is so large. */
export interface CohortTooLarge {
  readonly kind: 'CohortTooLarge';
  readonly message: string;
  readonly maxMembers: number;
}

/** The hub fetches this cohort already. */
export interface CohortAlreadyPulled {
  readonly kind: 'CohortPulledAlready';
  readonly message: string;
  readonly pull: PullView;
}

export type CreateCohortPullResult =
  PullView | ListingProblem | PullSourceProblem | PartnerCohortNotFound | CohortTooLarge | CohortAlreadyPulled;

/**
 * Fetches a cohort from its partner from now on: at once, and then by the schedule. It becomes known as if the partner
 * had pushed it; a deleted one begins anew. One that was fetched through a Current that is deleted goes on through this one.
 */
export async function createCohortPull(
  admin: Admin,
  { currentId, partnerId, schedule }: NewPull,
): Promise<CreateCohortPullResult> {
  if (!schedules.includes(schedule))
    throw new QuestionRefused(`schedule: wanted ${schedules.join(', ')}; something else came`);
  const source = await openSource(admin, currentId);
  if ('kind' in source) return source;
  const { name: partner, label } = source.working.connector;
  const already = await findExistingPull(admin, partner, partnerId);
  if (already) return alreadyPulled(already);
  const listed = await findListed(admin, source, partnerId);
  if (!listed)
    return {
      kind: 'PartnerCohortNotFound',
      message: `${label} lists no cohort with the id ${JSON.stringify(partnerId.slice(0, 80))}`,
    };
  if ('kind' in listed) return listed;
  const { maxMembers } = source.pull.limits;
  if (maxMembers !== undefined && Number(listed.size ?? 0) > maxMembers) {
    const message = `${label} gives out cohorts of at most ${maxMembers} members; this one has ${listed.size}`;
    return { kind: 'CohortTooLarge', message, maxMembers };
  }
  await declareCohort(admin, partner, listed);
  const id = await insertPull(admin, { partner, partnerId, currentId: source.working.currentId, schedule });
  const pull = id === undefined ? await findExistingPull(admin, partner, partnerId) : await findPull(admin, String(id));
  // Deleted in this very moment: begin anew.
  if (!pull) return createCohortPull(admin, { currentId, partnerId, schedule });
  if (id === undefined) return alreadyPulled(pull);
  admin.wakePull(id, 0);
  return pull;
}

function alreadyPulled(pull: PullView): CohortAlreadyPulled {
  const message = `the hub fetches this cohort already, through the Current ${pull.currentId}; stop that first to fetch it through another`;
  return { kind: 'CohortPulledAlready', message, pull };
}

/** The pull that the cohort has, unless its Current is deleted. */
async function findExistingPull(admin: Admin, partner: string, partnerId: string): Promise<PullView | undefined> {
  const [row] = await admin.sql<{ id: number }[]>`
    select c.id from cohort c join cohort_pull p on p.cohort_id = c.id join current u on u.id = p.current_id
    where c.partner = ${partner} and c.partner_id = ${partnerId.replaceAll('\0', '\uFFFD')} and u.state <> 'deleted'`;
  return row && findPull(admin, String(row.id));
}

interface ListedCohort {
  readonly partner_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly size: string | null;
  readonly partner_created_at: Date | null;
}

/** The cohort as the partner lists it; asks only for one that is not known from an earlier list. */
async function findListed(
  admin: Admin,
  source: PullSource,
  partnerId: string,
): Promise<ListedCohort | ListingProblem | undefined> {
  const find = async (): Promise<ListedCohort | undefined> => {
    const [row] = await admin.sql<ListedCohort[]>`
      select partner_id, name, description, size, partner_created_at from partner_cohort
      where current_id = ${source.working.currentId} and partner_id = ${partnerId.replaceAll('\0', '\uFFFD')}`;
    return row;
  };
  return (await find()) ?? (await fetchPartnerCohorts(admin, source)) ?? find();
}

/** Makes the cohort known as a push does, so that a deleted one begins anew in its turn. */
async function declareCohort({ sql }: Admin, partner: string, listed: ListedCohort): Promise<void> {
  const cohort = {
    id: listed.partner_id,
    name: listed.name,
    ...(listed.description !== null && { description: listed.description }),
    ...(listed.partner_created_at !== null && { createdAtMs: listed.partner_created_at.getTime() }),
  };
  const stored = await storePush(
    { sql, onStored: () => undefined },
    { partner, keyId: null, body: '', parsed: { changes: [{ kind: 'declare', cohort }], refused: {} } },
  );
  if (stored.outcome !== 'stored')
    throw new Error(`a cohort was not declared: ${'detail' in stored ? stored.detail : stored.outcome}`);
}

/** Undefined when the cohort is pulled through another Current that is there. */
async function insertPull(
  { sql }: Admin,
  pull: {
    readonly partner: string;
    readonly partnerId: string;
    readonly currentId: number;
    readonly schedule: Schedule;
  },
): Promise<number | undefined> {
  const [row] = await sql<{ id: number }[]>`
    with begun as (
      insert into cohort_pull as p (cohort_id, current_id)
      select id, ${pull.currentId} from cohort where partner = ${pull.partner} and partner_id = ${pull.partnerId}
      on conflict (cohort_id) do update set
        current_id = excluded.current_id, due_at = now(), failure_code = null, failure_detail = null, failure_recovery = null, failed_at = null, failed_version = null
      where (select state from current where id = p.current_id) = 'deleted'
      returning cohort_id
    )
    update cohort c set schedule = ${pull.schedule} from begun b where c.id = b.cohort_id returning c.id`;
  return row?.id;
}
