import type { CohortPull, PullStep, StreamingHttp } from '@currents/connector';
import type { Logger } from 'pino';
import type { Session } from '../db/session.js';
import type { Sql } from '../db/connect.js';
import type { Metrics } from '../process/metrics.js';
import type { Presence } from '../db/workerLeases.js';
import { retry } from '../retry.js';
import { isWorking, readWorking, type Working, type WorkingOptions } from '../loadCurrent.js';
import { accountOf } from './pullBudget.js';
import { claimStep, type ClaimedStep } from './claimStep.js';
import { createKeeper, LeaseLost, type Kept } from './keepPage.js';
import { failPull, giveBack, giveBackPull, goOn, noteFetched, postponeStep } from './recordStep.js';

export interface StepDeps extends WorkingOptions {
  readonly sql: Sql;
  readonly session: Session;
  readonly http: StreamingHttp;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'stepped'>;
  readonly presence: Pick<Presence, 'newLease'>;
  /** How long what is deferred is kept trying. */
  readonly windowMs: number;
  readonly leaseMs: number;
  readonly stopped: () => boolean;
  readonly wakeCohort: (cohortId: number) => void;
  /** Look at pulls again, after a while. */
  readonly wakePull: (cohortId: number, afterMs: number) => void;
}

export interface DuePull {
  readonly cohortId: number;
  readonly currentId: number;
}

/** A session whose pages stop coming is given up after a day; a pull gives up before. */
const longestWindowMs = 12 * 3_600_000;

/** Makes the next step of a pull, if it is due and may be made: one call of the connector, and what it means for the pull. */
export async function makeStep(deps: StepDeps, { cohortId, currentId }: DuePull): Promise<void> {
  const working = await readWorking(deps.sql, currentId, deps);
  if (!working)
    throw new Error(`the cohort ${cohortId} is pulled through the Current ${currentId}, which there is not`);
  if (!isWorking(working)) {
    await failPull(deps.sql, { cohortId, version: 0, ownFault: true }, { ...working, mend: 'person' });
    return;
  }
  const { connector } = working;
  const pull = connector.cohortPull as CohortPull<unknown, unknown> | undefined;
  if (!pull) {
    const detail = `this version of the ${connector.label} connector cannot fetch cohorts`;
    await failPull(deps.sql, { cohortId, version: 0, ownFault: true }, { code: 'not_offered', detail, mend: 'person' });
    return;
  }
  const { limits } = pull;
  const account = accountOf(deps.seal, working);
  const step = await claimStep(deps.session, {
    cohortId,
    currentId,
    account,
    limits,
    lease: deps.presence.newLease(),
    leaseMs: deps.leaseMs,
  });
  if (step) await walk(deps, step, { working, pull });
}

async function walk(
  deps: StepDeps,
  step: ClaimedStep,
  { working, pull }: { readonly working: Working; readonly pull: CohortPull<unknown, unknown> },
): Promise<void> {
  const { sql, log, leaseMs, stopped, wakeCohort, http } = deps;
  const { settings, credentials, currentId, version } = working;
  const startedMs = Date.now();
  const keeper = createKeeper({ sql, leaseMs, stopped, onStored: (ids) => ids.forEach(wakeCohort) }, step);
  let said: PullStep;
  try {
    said = await pull.pull(step.cohort.id, step.place, { settings, credentials, http }, async (page) => {
      await keeper.keep(page);
      const { mostMembers } = pull.limits;
      if (mostMembers !== undefined && keeper.kept().members > mostMembers) throw new TooLarge(mostMembers);
    });
    if (said.outcome === 'complete') await keeper.close();
  } catch (error) {
    if (error instanceof LeaseLost) {
      await giveBack(sql, step);
      return;
    }
    said =
      error instanceof TooLarge
        ? { outcome: 'failed', code: 'cohort_too_large', detail: error.message, mend: 'person' }
        : threw(error);
    if (said.outcome === 'deferred')
      log.warn(
        { event: 'pull.error', cohort: step.cohortId, current: currentId, err: error },
        'a step of a pull failed in the hub; it is made again',
      );
  }
  const kept = keeper.kept();
  await settle(deps, step, { said, kept, version });
  deps.metrics.stepped(step.partner, said.outcome);
  log.info({
    event: 'pull.step',
    cohort: step.cohortId,
    current: currentId,
    outcome: said.outcome,
    ...('code' in said && { code: said.code }),
    pages: kept.pages - step.pages,
    members: kept.members - step.members,
    ms: Date.now() - startedMs,
  });
}

class TooLarge extends Error {
  constructor(mostMembers: number) {
    super(
      `the cohort has more than ${mostMembers} members, and the partner gives none out that is larger; make a smaller one there`,
    );
    this.name = 'TooLarge';
  }
}

function threw(error: unknown): PullStep {
  return {
    outcome: 'deferred',
    code: 'step_threw',
    detail: `the step failed in the hub: ${error instanceof Error ? error.name : typeof error}`,
  };
}

interface Said {
  readonly said: PullStep;
  readonly kept: Kept;
  /** Of the Current that it was made with. */
  readonly version: number;
}

async function settle(deps: StepDeps, step: ClaimedStep, { said, kept, version }: Said): Promise<void> {
  const { sql, log, wakePull } = deps;
  const { cohortId } = step;
  const isAsItWas = said.outcome === 'deferred' || said.outcome === 'failed';
  if (isAsItWas && step.place === undefined) await giveBackPull(sql, step);
  switch (said.outcome) {
    case 'complete':
      return noteFetched(sql, step);
    case 'continue':
      await goOn(sql, step, kept, said);
      return wakePull(cohortId, said.afterMs);
    case 'deferred':
      return postpone(deps, step, said, version);
    case 'failed':
      await failPull(sql, { cohortId, lease: step.lease, version }, said);
      if (said.mend === 'time') return;
      log.error(
        { event: 'pull.failed', cohort: cohortId, code: said.code, detail: said.detail },
        'a cohort is pulled no more until somebody repairs it; its members stay',
      );
  }
}

async function postpone(
  deps: StepDeps,
  step: ClaimedStep,
  said: Extract<PullStep, { readonly outcome: 'deferred' }>,
  version: number,
): Promise<void> {
  const { sql, log, wakePull, windowMs } = deps;
  const { cohortId, movedAtMs } = step;
  const nowMs = Date.now();
  const trouble = { code: said.code, detail: said.detail, afterMs: said.afterMs, tries: step.tries + 1 };
  const again = retry(trouble, {
    nowMs,
    keptSinceMs: movedAtMs,
    windowMs: Math.min(windowMs, longestWindowMs),
    random: Math.random(),
  });
  if (again.again) {
    await postponeStep(sql, step, { ...said, dueAtMs: again.dueAtMs });
    return wakePull(cohortId, again.dueAtMs - nowMs);
  }
  await failPull(
    sql,
    { cohortId, lease: step.lease, version },
    { code: again.code, detail: again.detail, mend: 'time' },
  );
  log.warn(
    { event: 'pull.given_up', cohort: cohortId, code: again.code },
    'a pull was given up; the next one follows by its schedule',
  );
}
