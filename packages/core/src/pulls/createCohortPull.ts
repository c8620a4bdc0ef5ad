import { and, eq, ne, sql } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import { storable } from '../admin/page.js';
import type { Problem } from '../admin/problem.js';
import { checkSchedule, type Schedule } from '../cohorts/freshness.js';
import { declareCohort } from '../cohorts/declareCohort.js';
import { cohort, cohortPull, current, partnerCohort } from '../db/schema.js';
import { findPull } from './managePulls.js';
import { fetchPartnerCohorts, type ListingProblem } from './partnerCohorts.js';
import { endedPull } from './recordStep.js';
import { openSource, type PullSource, type PullSourceProblem } from './pullSource.js';
import { selectPulls, pullViewOf, type PullView } from './pullView.js';

interface NewPull {
  /** The Current whose settings and credentials to use. */
  readonly currentId: string;
  /** The partner's id of the cohort. */
  readonly partnerId: string;
  readonly schedule: Schedule;
}

/** The partner does not list such a cohort. */
export type PartnerCohortNotFound = Problem<'PartnerCohortNotFound'>;
/** The cohort is larger than the partner exports. */
export type CohortTooLarge = Problem<'CohortTooLarge', { maxMemberCount: number }>;
/** The hub pulls this cohort already. */
export type CohortAlreadyPulled = Problem<'CohortAlreadyPulled', { cohortPull: PullView }>;

export type CreateCohortPullResult =
  PullView | ListingProblem | PullSourceProblem | PartnerCohortNotFound | CohortTooLarge | CohortAlreadyPulled;

/**
 * Pulls a cohort from its partner: at once, and then by the schedule. The cohort becomes known as if the partner had
 * pushed it; a deleted one is created again. A pull whose Current is deleted moves to the new one.
 */
export async function createCohortPull(
  admin: Admin,
  { currentId, partnerId, schedule }: NewPull,
): Promise<CreateCohortPullResult> {
  checkSchedule(schedule);
  const source = await openSource(admin, currentId);
  if ('kind' in source) return source;
  const { name: partner, label } = source.working.connector;
  const existing = await findExistingPull(admin, partner, partnerId);
  if (existing) return alreadyPulled(existing);
  const listed = await findListed(admin, source, partnerId);
  if (!listed) {
    const message = `${label} lists no cohort with the id ${JSON.stringify(partnerId.slice(0, 80))}`;
    return { kind: 'PartnerCohortNotFound', message };
  }
  if ('kind' in listed) return listed;
  const { maxMembers } = source.pull.limits;
  if (maxMembers !== undefined && (listed.size ?? 0) > maxMembers) {
    const message = `${label} exports cohorts of at most ${maxMembers} members; this one has ${listed.size}`;
    return { kind: 'CohortTooLarge', message, maxMemberCount: maxMembers };
  }
  await declareCohort(admin, partner, {
    id: listed.partnerId,
    name: listed.name,
    ...(listed.description !== null && { description: listed.description }),
    ...(listed.partnerCreatedAt !== null && { createdAtMs: listed.partnerCreatedAt.getTime() }),
  });
  const id = await insertPull(admin, { partner, partnerId, currentId: source.working.currentId, schedule });
  const pull = id === undefined ? await findExistingPull(admin, partner, partnerId) : await findPull(admin, String(id));
  // The pull, or the cohort, was deleted meanwhile.
  if (!pull) return createCohortPull(admin, { currentId, partnerId, schedule });
  if (id === undefined) return alreadyPulled(pull);
  admin.wakePull(id, 0);
  return pull;
}

function alreadyPulled(pull: PullView): CohortAlreadyPulled {
  const message = 'the hub pulls this cohort already; delete that pull first to use another Current';
  return { kind: 'CohortAlreadyPulled', message, cohortPull: pull };
}

/** Finds the pull of a cohort, unless its Current is deleted. */
async function findExistingPull(admin: Admin, partner: string, partnerId: string): Promise<PullView | undefined> {
  const [row] = await selectPulls(admin)
    .innerJoin(current, eq(current.id, cohortPull.currentId))
    .where(and(isCohort(partner, partnerId), ne(current.state, 'deleted')));
  return row && pullViewOf(row);
}

function isCohort(partner: string, partnerId: string) {
  return and(eq(cohort.partner, partner), eq(cohort.partnerId, storable(partnerId)));
}

type Listed = typeof partnerCohort.$inferSelect;

/** Finds a cohort in the partner's list, fetching the list if the stored one does not have it. */
async function findListed(
  admin: Admin,
  source: PullSource,
  partnerId: string,
): Promise<Listed | ListingProblem | undefined> {
  const find = async (): Promise<Listed | undefined> => {
    const [row] = await admin.db
      .select()
      .from(partnerCohort)
      .where(
        and(eq(partnerCohort.currentId, source.working.currentId), eq(partnerCohort.partnerId, storable(partnerId))),
      );
    return row;
  };
  return (await find()) ?? (await fetchPartnerCohorts(admin, source)) ?? find();
}

/** Returns the cohort's id; undefined when another Current that is not deleted pulls the cohort. */
async function insertPull(
  { db }: Admin,
  { partner, partnerId, currentId, schedule }: Omit<NewPull, 'currentId'> & { partner: string; currentId: number },
): Promise<number | undefined> {
  return db.transaction(async (tx) => {
    const [known] = await tx.select({ id: cohort.id }).from(cohort).where(isCohort(partner, partnerId));
    if (!known) return undefined;
    const [inserted] = await tx
      .insert(cohortPull)
      .values({ cohortId: known.id, currentId })
      .onConflictDoUpdate({
        target: cohortPull.cohortId,
        set: {
          // A cursor is of the former Current's account.
          ...endedPull,
          currentId,
          dueAt: sql`now()`,
          failureCode: null,
          failureDetail: null,
          failureRecovery: null,
          failedAt: null,
          failedVersion: null,
        },
        setWhere: sql`(select state from current where id = ${cohortPull.currentId}) = 'deleted'`,
      })
      .returning({ cohortId: cohortPull.cohortId });
    if (!inserted) return undefined;
    await tx.update(cohort).set({ schedule }).where(eq(cohort.id, known.id));
    return known.id;
  });
}
