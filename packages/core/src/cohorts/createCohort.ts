import { and, eq, isNull } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import { checkName } from '../admin/name.js';
import { storable } from '../admin/page.js';
import { fieldProblem, inputInvalid, type InputInvalid, type Problem } from '../admin/problem.js';
import { cohort } from '../db/schema.js';
import { idFault } from './changeRows.js';
import type { CohortView } from './cohortView.js';
import { declareCohort } from './declareCohort.js';
import { checkSchedule, type Schedule } from './freshness.js';
import { getCohort } from './manageCohorts.js';
import { findImportPartner, type ImportPartnerNotFound } from './partners.js';

interface NewCohort {
  /** Name of the partner. */
  readonly partner: string;
  /** The partner's id of the cohort. */
  readonly partnerId: string;
  /** The partner's name of it, until a push says another. */
  readonly name: string;
  /** How often it is expected to sync; null is unknown. */
  readonly schedule?: Schedule | null | undefined;
}

/** The hub knows the cohort already. */
export type CohortExists = Problem<'CohortExists'>;

/** Creates a cohort before its partner pushes it for the first time, so that segments can use it. It has no members. */
export async function createCohort(
  admin: Admin,
  { partner, partnerId, name: givenName, schedule }: NewCohort,
): Promise<CohortView | InputInvalid | ImportPartnerNotFound | CohortExists> {
  if (schedule) checkSchedule(schedule);
  const found = await findImportPartner(admin, partner);
  if (found.kind === 'ImportPartnerNotFound') return found;
  const name = checkName(givenName);
  const fault = idFault(partnerId);
  const problems = [
    ...(fault === undefined ? [] : [fieldProblem('partnerId', 'malformed', fault)]),
    ...('problem' in name ? [name.problem] : []),
  ];
  if ('problem' in name || problems.length > 0) return inputInvalid(problems);
  const isCohort = and(eq(cohort.partner, partner), eq(cohort.partnerId, storable(partnerId)));
  const [known] = await admin.db
    .select({ id: cohort.id })
    .from(cohort)
    .where(and(isCohort, isNull(cohort.deletedAt)));
  if (known) return { kind: 'CohortExists', message: `the hub has this cohort already, with the id coh_${known.id}` };
  await declareCohort(admin, partner, { id: partnerId, name: name.value });
  const [created] = await admin.db
    .update(cohort)
    .set({ schedule: schedule ?? null })
    .where(isCohort)
    .returning({ id: cohort.id });
  return (await getCohort(admin, String(created?.id))) as CohortView;
}
