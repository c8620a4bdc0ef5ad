import type { Admin } from '../admin/admin.js';
import { fieldProblem, inputInvalid, type InputInvalid, type Problem } from '../admin/problem.js';
import { countCall } from '../budget/callLimit.js';
import { problemsIn } from './createCurrent.js';
import { findConnector } from './destinations.js';
import { checkCredentials, checkSettings } from './settings.js';
import { testCredentials, type TestCredentialsResult } from './testCredentials.js';
import { testDestination } from './testDestination.js';

/** As many calls to a destination were made as are allowed for now. */
export type CallsThrottled = Problem<'CallsThrottled', { retryAfterMs: number }>;

/** What to test: the destination of a Current with what is given in place of what is stored, or any with what is given. */
interface TestInput {
  readonly currentId?: string | undefined;
  readonly destination?: string | undefined;
  readonly settings?: unknown;
  readonly credentials?: unknown;
}

/** Tests of credentials that are not stored: they could try keys through the hub. */
const maxPerMinute = 30;

/**
 * Asks a destination whether it would accept events, without storing or logging what is given. Tests of given credentials
 * are limited to 30 per minute for one admin token, over all processes.
 */
export async function testGiven(
  admin: Admin,
  { currentId, destination, ...given }: TestInput,
  adminTokenId: string,
): Promise<TestCredentialsResult | CallsThrottled> {
  if ((currentId === undefined) === (destination === undefined)) {
    const got = currentId === undefined ? 'neither' : 'both';
    const code = currentId === undefined ? 'required' : 'not_allowed';
    return inputInvalid([fieldProblem('currentId', code, `expected either currentId or destination, got ${got}`)]);
  }
  const throttled = given.credentials === undefined ? undefined : await countTest(admin, adminTokenId);
  if (throttled) return throttled;
  return currentId === undefined
    ? testDraft(admin, destination ?? '', given)
    : testCredentials(admin, currentId, given);
}

/** Counts a test of given credentials; a problem when one admin token has made as many as are allowed in a minute. */
export async function countTest(
  { sql }: Pick<Admin, 'sql'>,
  adminTokenId: string,
): Promise<CallsThrottled | undefined> {
  const waitMs = await countCall(sql, { key: `test_credentials:${adminTokenId}`, perMinute: maxPerMinute });
  if (waitMs <= 0) return undefined;
  const message = `expected at most ${maxPerMinute} tests of given credentials per minute, got more`;
  return { kind: 'CallsThrottled', message, retryAfterMs: waitMs };
}

async function testDraft(
  admin: Admin,
  destination: string,
  given: Pick<TestInput, 'settings' | 'credentials'>,
): Promise<Awaited<ReturnType<typeof testDestination>> | InputInvalid> {
  const connector = findConnector(admin, destination);
  if ('problems' in connector) return inputInvalid(connector.problems);
  const settings = checkSettings(connector, given.settings ?? {}, admin);
  const credentials = checkCredentials(connector, given.credentials ?? {});
  if ('problems' in settings || 'problems' in credentials) return inputInvalid(problemsIn(settings, credentials));
  return testDestination(admin, connector, { ...settings, ...credentials });
}
