import type { PullStep, StreamingHttp } from '@currents/connector';
import type { Logger } from 'pino';
import type { Session } from '../db/session.js';
import type { Sql } from '../db/connect.js';
import type { DatabaseClock } from '../db/databaseClock.js';
import type { Metrics } from '../process/metrics.js';
import { endLease, type LeaseTerm } from '../db/endLease.js';
import type { WorkerLeases } from '../db/workerLeases.js';
import { decideRetry } from '../retry.js';
import { isUsable, loadCurrent, type LoadCurrentOptions } from '../loadCurrent.js';
import { accountOf } from './pullBudget.js';
import { rollBackRefused } from '../worker/credentialProbation.js';
import type { PullSource } from './pullSource.js';
import { claimStep, type ClaimedStep } from './claimStep.js';
import { createPageStore, StepLeaseLost, type StepProgress } from './storePages.js';
import { failPull, releaseStep, refundPull, continuePull, recordFetched, deferStep } from './recordStep.js';

/** What running pulls depends on. */
export interface PullDeps extends LoadCurrentOptions {
  readonly http: StreamingHttp;
  readonly clock: DatabaseClock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'stepped'>;
  readonly workerLeases: Pick<WorkerLeases, 'newLease'>;
  /** How long a deferred step is retried, in milliseconds. */
  readonly windowMs: number;
  readonly wakeCohort: (cohortId: number) => void;
  /** Wakes a worker to look at pulls after this many milliseconds. */
  readonly wakePull: (cohortId: number, afterMs: number) => void;
}

export interface StepDeps extends PullDeps, LeaseTerm {
  readonly sql: Sql;
  readonly session: Session;
}

export interface DuePull {
  readonly cohortId: number;
  readonly currentId: number;
}

/** Less than the day after which a session without new pages is incomplete. */
const maxWindowMs = 12 * 3_600_000;

/** Runs the next step of a pull if it can be claimed: calls the connector once and records the result. */
export async function runStep(deps: StepDeps, { cohortId, currentId }: DuePull): Promise<void> {
  const working = await loadCurrent(deps.sql, currentId, deps);
  if (!working) throw new Error(`the cohort ${cohortId} is pulled with the Current ${currentId}, which does not exist`);
  const pull = isUsable(working) ? working.connector.cohortPull : undefined;
  if (!isUsable(working) || !pull) {
    const { code, detail } = isUsable(working)
      ? { code: 'not_offered', detail: `this version of the ${working.connector.label} connector cannot pull cohorts` }
      : working;
    return failPull(deps.sql, { cohortId, version: 0 }, { code, detail, recovery: 'manual' }, true);
  }
  const lease = deps.workerLeases.newLease();
  try {
    const step = await claimStep(deps.session, {
      cohortId,
      currentId,
      version: working.version,
      account: accountOf(deps.seal, working),
      limits: pull.limits,
      lease,
      leaseMs: deps.leaseMs,
    });
    if (step) await callConnector(deps, step, { working, pull });
  } catch (error) {
    // The claim may have succeeded, and its answer been lost.
    await endLease(() => releaseStep(deps.sql, { cohortId, lease }), deps);
    throw error;
  }
}

async function callConnector(deps: StepDeps, step: ClaimedStep, { working, pull }: PullSource): Promise<void> {
  const { sql, log, leaseMs, isStopping, wakeCohort, http } = deps;
  const { settings, credentials, currentId } = working;
  const startedMs = performance.now();
  const pages = createPageStore({ sql, leaseMs, isStopping, onStored: (ids) => ids.forEach(wakeCohort) }, step);
  let answer: PullStep;
  try {
    answer = await pull.pull(step.cohort.id, step.place, { settings, credentials, http }, async (page) => {
      await pages.store(page);
      const { maxMembers } = pull.limits;
      if (maxMembers !== undefined && pages.progress().members > maxMembers) throw new TooLarge(maxMembers);
    });
    if (answer.outcome === 'complete') await pages.close();
  } catch (error) {
    if (error instanceof StepLeaseLost) return endLease(() => releaseStep(sql, step), deps);
    if (error instanceof TooLarge)
      answer = { outcome: 'failed', code: 'cohort_too_large', detail: error.message, recovery: 'manual' };
    else {
      const detail = `the step failed in the hub: ${error instanceof Error ? error.name : typeof error}`;
      answer = { outcome: 'deferred', code: 'step_threw', detail };
      log.warn(
        { event: 'pull_step.failed', cohort: step.cohortId, current: currentId, err: error },
        'a pull step failed with an internal error; it is retried',
      );
    }
  }
  const progress = pages.progress();
  if (await isOutdated(deps, step, answer, currentId)) await endLease(() => releaseStep(sql, step), deps);
  else await endLease(() => recordAnswer(deps, step, answer, progress), deps);
  deps.metrics.stepped(step.partner, answer.outcome);
  log.info({
    event: 'pull_step.finished',
    cohort: step.cohortId,
    current: currentId,
    outcome: answer.outcome,
    ...('code' in answer && { code: answer.code }),
    pages: progress.pages - step.pages,
    members: progress.members - step.members,
    ms: Math.round(performance.now() - startedMs),
  });
}

/** Failures that need a person, and that other credentials would not repair. */
const notOfCredentials: readonly string[] = ['cohort_too_large', 'bad_request'];

/**
 * Whether a step failed with credentials that the Current no longer uses: they were replaced meanwhile, or they
 * were promoted, and it goes back to the former ones. The step is then made again with the present ones.
 */
async function isOutdated(
  { sql, log }: StepDeps,
  { version }: ClaimedStep,
  answer: PullStep,
  currentId: number,
): Promise<boolean> {
  if (answer.outcome !== 'failed' || answer.recovery !== 'manual' || notOfCredentials.includes(answer.code))
    return false;
  const { code, detail } = answer;
  if (await rollBackRefused({ sql, log }, currentId, { version, code, detail })) return true;
  const [current] = await sql<{ version: number }[]>`
    select version from current where id = ${currentId} and state <> 'deleted'`;
  return current !== undefined && current.version !== version;
}

class TooLarge extends Error {
  constructor(maxMembers: number) {
    super(
      `the cohort has more than ${maxMembers} members, and the partner gives none out that is larger; make a smaller one there`,
    );
    this.name = 'TooLarge';
  }
}

async function recordAnswer(
  deps: StepDeps,
  step: ClaimedStep,
  answer: PullStep,
  progress: StepProgress,
): Promise<void> {
  const { sql, log, wakePull } = deps;
  const { cohortId } = step;
  const isAsItWas = answer.outcome === 'deferred' || answer.outcome === 'failed';
  if (isAsItWas && step.place === undefined) await refundPull(sql, step);
  switch (answer.outcome) {
    case 'complete':
      return recordFetched(sql, step);
    case 'continue':
      await continuePull(sql, step, progress, answer);
      return wakePull(cohortId, answer.afterMs);
    case 'deferred':
      return retryStep(deps, step, answer);
    case 'failed':
      await failPull(sql, step, answer);
      if (answer.recovery === 'automatic') return;
      log.error(
        { event: 'pull.failed', cohort: cohortId, code: answer.code, detail: answer.detail },
        'cohort pull stopped; action required',
      );
  }
}

async function retryStep(
  { sql, log, clock, wakePull, windowMs }: StepDeps,
  step: ClaimedStep,
  { code, detail, afterMs }: Extract<PullStep, { readonly outcome: 'deferred' }>,
): Promise<void> {
  const { cohortId, progressedAt, tries } = step;
  const nowMs = clock.now();
  const failure = { code, detail, afterMs, tries: tries + 1 };
  const again = decideRetry(failure, {
    nowMs,
    keptSinceMs: progressedAt.getTime(),
    windowMs: Math.min(windowMs, maxWindowMs),
    random: Math.random(),
  });
  if (again.again) {
    await deferStep(sql, step, { code, detail, dueAtMs: again.dueAtMs });
    return wakePull(cohortId, again.dueAtMs - nowMs);
  }
  await failPull(sql, step, { code: again.code, detail: again.detail, recovery: 'automatic' });
  log.warn(
    { event: 'pull.expired', cohort: cohortId, code: again.code },
    'a pull failed; the next one follows the schedule',
  );
}
