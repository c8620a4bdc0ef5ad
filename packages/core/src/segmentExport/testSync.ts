import { and, eq, sql } from 'drizzle-orm';
import type { SegmentExport } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { fieldProblem, inputInvalid, type InputInvalid } from '../admin/problem.js';
import { problemsIn } from '../currents/createCurrent.js';
import { checkCredentials, checkSettings } from '../currents/settings.js';
import { testDestination, type TestFailed } from '../currents/testDestination.js';
import { countTest, type CallsThrottled } from '../currents/testGiven.js';
import { segmentSync } from '../db/schema.js';
import { isUsableSync, loadSync } from '../loadSync.js';
import { findSegmentExport } from './createSync.js';
import { getSync, syncNotFound, type SyncNotFound } from './syncView.js';

/** What to test: a sync with what it has stored, or a destination with what is given. */
interface TestSyncInput {
  readonly syncId?: string | undefined;
  readonly destination?: string | undefined;
  readonly settings?: unknown;
  readonly credentials?: unknown;
}

type Tested = Exclude<Awaited<ReturnType<typeof testDestination>>, TestFailed>;

/**
 * Asks a destination of segments whether it would accept members, and sends none. What is given is neither stored nor logged,
 * and such tests are limited as those of a Current are. When a blocked sync passes, the workers probe it at once.
 */
export async function testSync(
  admin: Admin,
  { syncId, destination, settings, credentials }: TestSyncInput,
  adminTokenId: string,
): Promise<Tested | TestFailed | SyncNotFound | InputInvalid | CallsThrottled> {
  if (syncId !== undefined) {
    if (destination === undefined && settings === undefined && credentials === undefined)
      return testStored(admin, syncId);
    const message = 'expected either an id or a destination with settings and credentials, got both';
    return inputInvalid([fieldProblem('id', 'not_allowed', message)]);
  }
  if (destination === undefined)
    return inputInvalid([fieldProblem('id', 'required', 'expected either an id or a destination, got neither')]);
  const segmentExport = findSegmentExport(admin, destination);
  if ('problems' in segmentExport) return inputInvalid(segmentExport.problems);
  const throttled = await countTest(admin, adminTokenId);
  if (throttled) return throttled;
  const checkedSettings = checkSettings(segmentExport, settings ?? {}, admin);
  const checkedCredentials = checkCredentials(segmentExport, credentials ?? {});
  if ('problems' in checkedSettings || 'problems' in checkedCredentials)
    return inputInvalid(problemsIn(checkedSettings, checkedCredentials));
  return askDestination(admin, segmentExport, { ...checkedSettings, ...checkedCredentials });
}

async function testStored(admin: Admin, syncId: string): Promise<Tested | TestFailed | SyncNotFound> {
  const present = await getSync(admin, syncId);
  if (present.kind === 'SegmentSyncNotFound') return present;
  const tested = await askStored(admin, Number(present.id));
  if (tested.kind === 'TestPassed' && present.state === 'blocked')
    await admin.db
      .update(segmentSync)
      .set({ probeAt: sql`now()` })
      .where(and(eq(segmentSync.id, Number(present.id)), eq(segmentSync.state, 'blocked')));
  return tested;
}

/** Asks the destination of a stored sync, with its settings and credentials. */
export async function askStored(admin: Admin, syncId: number): Promise<Tested | TestFailed | SyncNotFound> {
  const sync = await loadSync(admin.sql, syncId, admin);
  if (!sync) return syncNotFound;
  if (!isUsableSync(sync))
    return { kind: 'TestFailed', outcome: 'refused', reason: sync.code, message: sync.detail, remedy };
  return askDestination(admin, sync.segmentExport, sync);
}

const remedy =
  'Correct the settings or credentials if they were refused; repeat the test later if the destination did not answer.';

async function askDestination(
  admin: Admin,
  segmentExport: SegmentExport,
  given: { readonly settings: unknown; readonly credentials: unknown },
): Promise<Tested | TestFailed> {
  const tested = await testDestination(admin, segmentExport, given);
  if (tested.kind === 'TestFailed') return { ...tested, remedy };
  return { ...tested, message: `${segmentExport.label} would accept members with these settings and credentials` };
}
