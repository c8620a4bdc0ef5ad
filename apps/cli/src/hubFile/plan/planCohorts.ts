import { cohortNameOf, type CohortEntry } from '../hubFile.js';
import type { Found } from '../readHub.js';
import { match } from './match.js';
import { emptyPlan, isSameName, joinPlans, type Plan, type Planning, type Step, type Work } from './step.js';

/** What becomes of cohorts, and of the pulls by which the hub fetches them. Members are not in a file. */
export function planCohorts(planning: Planning): Plan {
  const { file, hub, isPruning } = planning;
  if (!file.cohorts) return emptyPlan;
  const { matches, leftOver } = match(file.cohorts, hub.cohorts, {
    isSame: (desired, had) => cohortNameOf(desired) === cohortNameOf(had.entry),
  });
  const pulled = [
    ...leftOver,
    ...matches.flatMap(({ desired, had }) => (had && desired.pulledBy === undefined ? [had] : [])),
  ].filter(({ entry }) => entry.pulledBy !== undefined);
  return joinPlans([
    ...matches.map(({ desired, had }) => planCohort(desired, had, planning)),
    isPruning
      ? { ...emptyPlan, steps: pulled.map(endOfPull) }
      : { ...emptyPlan, leftOver: pulled.map(({ entry }) => `pull of the ${subjectOf(entry)}`) },
  ]);
}

const subjectOf = (entry: CohortEntry): string => `cohort ${cohortNameOf(entry)}`;
const enumOf = (schedule: CohortEntry['schedule']): string | null =>
  schedule === undefined ? null : schedule.toUpperCase().replace('-', '_');

function planCohort(desired: CohortEntry, had: Found<CohortEntry> | undefined, planning: Planning): Plan {
  const { pulledBy } = desired;
  if (pulledBy !== undefined) {
    const fault = faultOfPull(desired, pulledBy, planning);
    if (fault !== undefined) return { ...emptyPlan, problems: [fault] };
    const former = had?.entry.pulledBy;
    if (former === undefined || !isSameName(former, pulledBy))
      return { ...emptyPlan, steps: [startOfPull(desired, pulledBy, had)] };
  }
  if (!had) return { ...emptyPlan, steps: [creation(desired)] };
  if (had.entry.schedule === desired.schedule) return emptyPlan;
  const update: Step = {
    stage: 'cohorts',
    verb: 'change',
    subject: subjectOf(desired),
    details: [`schedule: ${had.entry.schedule ?? 'none'} → ${desired.schedule ?? 'none'}`],
    run: async (work) => void (await work.ask('updateCohort', { id: had.id, schedule: enumOf(desired.schedule) })),
  };
  return { ...emptyPlan, steps: [update] };
}

function faultOfPull(cohort: CohortEntry, pulledBy: string, { file, hub }: Planning): string | undefined {
  const current = [...(file.currents ?? []), ...hub.currents.map(({ entry }) => entry)].find(({ name }) =>
    isSameName(name, pulledBy),
  );
  if (!current) return `the ${subjectOf(cohort)} is pulled by ${pulledBy}, but there is no such Current`;
  if (current.destination === cohort.partner) return undefined;
  return `the ${subjectOf(cohort)} is pulled by ${pulledBy}: expected a Current of ${cohort.partner}, got one of ${current.destination}`;
}

function creation(desired: CohortEntry): Step {
  const { partner, id: partnerId, name, schedule } = desired;
  return {
    stage: 'cohorts',
    verb: 'create',
    subject: subjectOf(desired),
    details: ['without members, until its partner pushes some'],
    async run(work) {
      const input = { partner, partnerId, name, schedule: enumOf(schedule) };
      const { cohort } = await work.ask<{ cohort: { id: string } }>('createCohort', input);
      work.learn({ kind: 'cohort', name: cohortNameOf(desired) }, cohort.id);
    },
  };
}

function startOfPull(desired: CohortEntry, pulledBy: string, had: Found<CohortEntry> | undefined): Step {
  const { id: partnerId, schedule } = desired;
  const former = had?.entry.pulledBy;
  return {
    stage: 'cohorts',
    verb: had ? 'change' : 'create',
    subject: subjectOf(desired),
    details: [`pulledBy: ${former ?? 'none'} → ${pulledBy}`, `schedule: ${schedule ?? 'none'}`],
    async run(work) {
      const currentId = work.idOf({ kind: 'Current', name: pulledBy });
      if (had && former !== undefined) await work.ask('deleteCohortPull', { cohortId: had.id });
      const id = await createPull(work, { currentId, partnerId, schedule: enumOf(schedule) ?? 'ONE_TIME' });
      work.learn({ kind: 'cohort', name: cohortNameOf(desired) }, id);
      // A pull that runs on request only has no schedule, but starts with one.
      if (schedule === undefined) await work.ask('updateCohort', { id, schedule: null });
    },
  };
}

async function createPull(work: Work, input: Readonly<Record<string, unknown>>): Promise<string> {
  const { cohortPull } = await work.ask<{ cohortPull: { cohort: { id: string } } }>('createCohortPull', input);
  return cohortPull.cohort.id;
}

function endOfPull({ id, entry }: Found<CohortEntry>): Step {
  return {
    stage: 'delete',
    verb: 'delete',
    subject: `pull of the ${subjectOf(entry)}`,
    details: ['the cohort keeps its members'],
    run: async (work) => void (await work.ask('deleteCohortPull', { cohortId: id })),
  };
}
