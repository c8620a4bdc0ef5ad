import type { Connector } from '@currents/connector';
import { and, eq, sql } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import {
  currentNotFound,
  inputInvalid,
  type CurrentNotFound,
  type CurrentWrongState,
  type InputInvalid,
} from '../admin/problem.js';
import { credentialRotation } from '../db/schema.js';
import { credentialsUnreadable, openCredentials, sealCredentials } from '../loadCurrent.js';
import {
  recordTest,
  rotationOf,
  rotationWrongState,
  type CredentialRotationWrongState,
  type RotationRow,
} from './credentialRotation.js';
import { findCurrent, oneViewOf, type CurrentRow } from './currents.js';
import { allowedActions, type CurrentView } from './currentView.js';
import { endWarnings } from './currentWarnings.js';
import { checkCredentials, checkSettings } from './settings.js';
import { testDestination } from './testDestination.js';
import { noConnector, wrongState, type CurrentNotReady } from './transitions.js';

export type RotationProblem = CurrentNotFound | CurrentWrongState | CurrentNotReady | CredentialRotationWrongState;

/** A Current whose credentials can be rotated, with its connector. */
export interface Rotatable {
  readonly row: CurrentRow;
  readonly connector: Connector;
}

/**
 * Stores new credentials beside those that the Current uses, in place of others that were staged, and tests them at the
 * destination. Whatever the test says, the Current goes on with the present ones until the new ones are promoted.
 */
export async function stageCredentials(
  admin: Admin,
  id: string,
  given: unknown,
): Promise<CurrentView | RotationProblem | InputInvalid> {
  const current = await rotatable(admin, id);
  if ('kind' in current) return current;
  const { row, connector } = current;
  const checked = checkCredentials(connector, given);
  if ('problems' in checked) return inputInvalid(checked.problems);
  const credentials = sealCredentials(admin.seal, row.id, checked.credentials);
  const untested = { testOutcome: null, testCode: null, testDetail: null, testedAt: null };
  const [staged] = await admin.db
    .insert(credentialRotation)
    .values({ currentId: row.id, state: 'staged', credentials })
    .onConflictDoUpdate({
      target: credentialRotation.currentId,
      set: { credentials, stagedAt: sql`now()`, ...untested },
      setWhere: eq(credentialRotation.state, 'staged'),
    })
    .returning();
  if (!staged) return rotationWrongState('none', 'probation');
  await endWarnings(admin.sql, row.id, ['credentials_rolled_back']);
  await testStaged(admin, current, staged);
  return oneViewOf(admin, row);
}

/** Tests staged credentials again, and keeps what the destination said. */
export async function testStagedCredentials(admin: Admin, id: string): Promise<CurrentView | RotationProblem> {
  const current = await rotatable(admin, id);
  if ('kind' in current) return current;
  const staged = await rotationOf(admin.db, current.row.id);
  if (staged?.state !== 'staged') return rotationWrongState('staged', staged?.state ?? 'none');
  const tested = await testStaged(admin, current, staged);
  return tested.kind === 'CurrentNotReady' ? tested : oneViewOf(admin, current.row);
}

/** Deletes staged credentials; the Current goes on with the present ones. */
export async function discardStagedCredentials(admin: Admin, id: string): Promise<CurrentView | RotationProblem> {
  const row = await findCurrent(admin.db, id);
  if (!row) return currentNotFound();
  const discarded = await admin.db
    .delete(credentialRotation)
    .where(and(eq(credentialRotation.currentId, row.id), eq(credentialRotation.state, 'staged')))
    .returning({ id: credentialRotation.currentId });
  if (discarded.length === 0)
    return rotationWrongState('staged', (await rotationOf(admin.db, row.id))?.state ?? 'none');
  await endWarnings(admin.sql, row.id, ['credentials_rolled_back']);
  return oneViewOf(admin, row);
}

export async function rotatable(
  admin: Admin,
  id: string,
): Promise<Rotatable | CurrentNotFound | CurrentWrongState | CurrentNotReady> {
  const row = await findCurrent(admin.db, id);
  if (!row) return currentNotFound();
  if (!allowedActions(row.state).includes('update')) return wrongState(row, 'update');
  const connector = admin.connectors.get(row.destination);
  return connector ? { row, connector } : noConnector(row.destination);
}

/** Asks the destination whether it accepts staged credentials, and keeps its answer. */
export async function testStaged(
  admin: Admin,
  { row, connector }: Rotatable,
  staged: Pick<RotationRow, 'currentId' | 'credentials'>,
): Promise<Awaited<ReturnType<typeof testDestination>> | CurrentNotReady> {
  const settings = checkSettings(connector, row.settings, admin);
  if ('problems' in settings) {
    const [problem] = settings.problems;
    return { kind: 'CurrentNotReady', reason: 'settings_invalid', message: problem?.message ?? '' };
  }
  let credentials: unknown;
  try {
    credentials = openCredentials(admin.seal, row.id, staged.credentials);
  } catch (error) {
    return { kind: 'CurrentNotReady', reason: 'credentials_unreadable', message: credentialsUnreadable(error) };
  }
  const tested = await testDestination(admin, connector, { ...settings, credentials });
  const said =
    tested.kind === 'TestPassed'
      ? { outcome: 'passed' as const }
      : { outcome: tested.outcome, code: tested.reason, detail: tested.message };
  await recordTest(admin, staged, said);
  return tested;
}
