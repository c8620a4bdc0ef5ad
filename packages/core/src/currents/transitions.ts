import { and, eq, inArray, sql } from 'drizzle-orm';
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
import { current, type CurrentState } from '../db/schema.js';
import { isUsable, loadCurrent, type LoadedCurrent } from '../loadCurrent.js';
import type { Admin, Queries } from '../admin/admin.js';
import { findCurrent, oneViewOf, type CurrentRow } from './currents.js';
import { allowedActions, type CurrentView } from './currentView.js';
import { rowId } from '../admin/page.js';
import { testDestination, type TestFailed } from './testDestination.js';
import {
  currentNotFound,
  type CurrentAction,
  type CurrentNotFound,
  type CurrentWrongState,
  type Problem,
} from '../admin/problem.js';

/** The Current could not do its work if it were live, for a person to repair first. */
export type CurrentNotReady = Problem<'CurrentNotReady', { reason: string }>;

export function noConnector(destination: string): CurrentNotReady {
  const message = `this version of the hub has no connector named ${destination}`;
  return { kind: 'CurrentNotReady', reason: 'no_connector', message };
}

type GoLiveResult = CurrentView | CurrentNotFound | CurrentWrongState | CurrentNotReady;

interface LaunchOptions {
  readonly skipTest?: boolean;
  /** Whether it is paused from the start: what comes in is kept until it is resumed. */
  readonly isPaused?: boolean;
  readonly alongside?: Alongside;
}

/**
 * From draft to live: from now on it carries what comes in. Tests the destination first, unless `skipTest`; a draft that
 * does not pass stays one.
 */
export async function launchCurrent(
  admin: Admin,
  id: string,
  { skipTest = false, isPaused = false, alongside }: LaunchOptions = {},
): Promise<GoLiveResult | TestFailed> {
  const check = async ({ connector, settings, credentials }: LoadedCurrent): Promise<TestFailed | undefined> => {
    if (skipTest) return undefined;
    const tested = await testDestination(admin, connector, { settings, credentials });
    return tested.kind === 'TestFailed' ? tested : undefined;
  };
  return goLive(admin, id, isPaused ? 'launchPaused' : 'launch', check, alongside);
}

/** What is done in the transaction that changes the state, if it is changed. */
export type Alongside = (tx: Queries, row: CurrentRow) => Promise<void>;

/** From paused to live. What was kept meanwhile goes out first; its retry window begins anew. */
export async function resumeCurrent(admin: Admin, id: string): Promise<GoLiveResult> {
  return goLive<never>(admin, id, 'resume', async () => undefined);
}

/**
 * From live or blocked to paused: nothing is sent or probed, and what comes in is kept for when it is resumed. Nothing
 * expires meanwhile, because the retry window begins anew when it is resumed.
 */
export async function pauseCurrent(
  admin: Admin,
  id: string,
): Promise<CurrentView | CurrentNotFound | CurrentWrongState> {
  return move(admin, id, 'pause', { blockedCode: null, blockedDetail: null, probes: 0, probeAt: null });
}

/** @param check finds out why a Current that could be used does not go live. */
async function goLive<Failure>(
  admin: Admin,
  id: string,
  step: 'launch' | 'launchPaused' | 'resume',
  check: (loaded: LoadedCurrent) => Promise<Failure | undefined>,
  alongside?: Alongside,
): Promise<GoLiveResult | Failure> {
  const row = await findCurrent(admin.db, id);
  if (row && allowedActions(row.state).includes(actionOf(step))) {
    const working = await loadCurrent(admin.sql, row.id, admin);
    if (working && !isUsable(working))
      return { kind: 'CurrentNotReady', message: working.detail, reason: working.code };
    const failure = working && (await check(working));
    if (failure) return failure;
  }
  const moved = await move(admin, id, step, { liveSince: sql`now()` }, alongside);
  if (moved.kind === 'Current') admin.wake(Number(moved.id));
  return moved;
}

const targets = { launch: 'live', launchPaused: 'paused', resume: 'live', pause: 'paused' } as const;
type Step = keyof typeof targets;
const actionOf = (step: Step): CurrentAction => (step === 'launchPaused' ? 'launch' : step);
const statesFor = (action: CurrentAction): CurrentState[] =>
  current.state.enumValues.filter((state) => allowedActions(state).includes(action));

/** One guarded update. Answers a repetition with the Current as it is. */
async function move(
  admin: Admin,
  id: string,
  step: Step,
  also: PgUpdateSetSource<typeof current>,
  alongside?: Alongside,
): Promise<CurrentView | CurrentNotFound | CurrentWrongState> {
  const row = await admin.db.transaction(async (tx) => {
    const [updated] = await tx
      .update(current)
      .set({ state: targets[step], stateSince: sql`now()`, ...also })
      .where(and(eq(current.id, rowId(id) ?? 0), inArray(current.state, statesFor(actionOf(step)))))
      .returning();
    if (updated) await alongside?.(tx, updated);
    return updated;
  });
  if (row) return oneViewOf(admin, row);
  const present = await findCurrent(admin.db, id);
  // A repetition: what was asked for is so already.
  if (present?.state === targets[step]) return oneViewOf(admin, present);
  return present ? wrongState(present, actionOf(step)) : currentNotFound();
}

export function wrongState(
  { name, state }: Pick<CurrentRow, 'name' | 'state'>,
  action: CurrentAction,
): CurrentWrongState {
  const allowed = allowedActions(state);
  const rest = allowed.length > 0 ? `allowed now: ${allowed.join(', ')}` : 'a deleted Current allows no action';
  const message = `expected ${JSON.stringify(name)} to be ${statesFor(action).join(' or ')} for ${action}, got ${state}; ${rest}${hintOf(state, action)}`;
  return { kind: 'CurrentWrongState', message, state, allowedActions: allowed };
}

function hintOf(state: CurrentState, action: CurrentAction): string {
  if (state !== 'blocked' || (action !== 'resume' && action !== 'launch')) return '';
  return '. It goes live by itself once the destination accepts events: update its settings or credentials, and it is probed at once';
}
