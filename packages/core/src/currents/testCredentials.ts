import { and, eq, sql } from 'drizzle-orm';
import { current } from '../db/schema.js';
import { credentialsMissing, credentialsUnreadable, openCredentials } from '../loadCurrent.js';
import type { Admin } from '../admin/admin.js';
import { checkCredentialReach } from './credentialReach.js';
import { findCurrent, type CurrentRow } from './currents.js';
import { allowedActions } from './currentView.js';
import { problemsIn } from './createCurrent.js';
import {
  currentNotFound,
  inputInvalid,
  type CurrentNotFound,
  type CurrentWrongState,
  type InputInvalid,
} from '../admin/problem.js';
import { checkCredentials, checkSettings, mergePatch } from './settings.js';
import { testDestination } from './testDestination.js';
import { noConnector, wrongState, type CurrentNotReady } from './transitions.js';

export type TestCredentialsResult =
  Awaited<ReturnType<typeof testDestination>> | CurrentNotFound | CurrentWrongState | CurrentNotReady | InputInvalid;

/**
 * Asks the destination whether it would take events, and sends none. Tries what is given in place of what is stored,
 * without storing it. When a blocked Current passes with what is stored, the workers probe it at once.
 */
export async function testCredentials(
  admin: Admin,
  id: string,
  instead: { readonly settings?: unknown; readonly credentials?: unknown } = {},
): Promise<TestCredentialsResult> {
  const row = await findCurrent(admin.db, id);
  if (!row) return currentNotFound();
  if (!allowedActions(row.state).includes('test')) return wrongState(row, 'test');
  const connector = admin.connectors.get(row.destination);
  if (!connector) return noConnector(row.destination);
  const settings = checkSettings(connector, mergePatch(row.settings, instead.settings ?? {}), admin);
  const credentials =
    instead.credentials === undefined ? readStored(admin, row) : checkCredentials(connector, instead.credentials);
  if ('kind' in credentials) return credentials;
  if ('problems' in settings || 'problems' in credentials) return inputInvalid(problemsIn(settings, credentials));
  const reach = checkCredentialReach(admin, row, {
    connector,
    settings: settings.settings,
    hasCredentials: instead.credentials !== undefined,
  });
  if (reach) return inputInvalid(reach.problems);

  const tested = await testDestination(admin, connector, { ...settings, ...credentials });
  if (tested.kind === 'TestFailed') return tested;
  const stored = instead.settings === undefined && instead.credentials === undefined;
  if (stored && row.state === 'blocked') {
    await admin.db
      .update(current)
      .set({ probeAt: sql`now()` })
      .where(and(eq(current.id, row.id), eq(current.state, 'blocked')));
  }
  return tested;
}

function readStored(
  { seal }: Admin,
  { id, credentials }: CurrentRow,
): { readonly credentials: unknown } | CurrentNotReady {
  if (credentials === null)
    return { kind: 'CurrentNotReady', reason: 'credentials_missing', message: credentialsMissing };
  try {
    return { credentials: openCredentials(seal, id, credentials) };
  } catch (error) {
    return { kind: 'CurrentNotReady', reason: 'credentials_unreadable', message: credentialsUnreadable(error) };
  }
}
