import { and, eq, sql } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import { fieldProblem, inputInvalid, notConfirmed, type InputInvalid, type NotConfirmed } from '../admin/problem.js';
import { credentialRotation, current } from '../db/schema.js';
import { rotationOf, rotationWrongState, type RotationRow } from './credentialRotation.js';
import { oneViewOf, type CurrentRow } from './currents.js';
import type { CurrentView } from './currentView.js';
import { endWarnings } from './currentWarnings.js';
import { rollBackCredentials } from './rollBackCredentials.js';
import { rotatable, testStaged, type RotationProblem } from './stageCredentials.js';
import type { TestFailed } from './testDestination.js';

interface Promotion {
  /** How long the former credentials are kept, to go back to when the new ones are refused. */
  readonly probationMinutes: number;
  /** Whether to promote them although the destination does not answer. Refused ones are never promoted. */
  readonly skipTest: boolean;
}

const probationMinutes = { min: 1, max: 7 * 24 * 60 };

/**
 * From now on the Current uses the staged credentials, and keeps the former ones for the probation. Requests under way
 * finish with the former ones. Tests the new ones first: refused ones do not go live.
 */
export async function promoteStagedCredentials(
  admin: Admin,
  id: string,
  { probationMinutes: minutes, skipTest }: Promotion,
): Promise<CurrentView | RotationProblem | TestFailed | InputInvalid> {
  const { min, max } = probationMinutes;
  if (!Number.isInteger(minutes) || minutes < min || minutes > max)
    return inputInvalid([
      fieldProblem('probationMinutes', 'out_of_range', `expected ${min} to ${max} minutes, got ${minutes}`),
    ]);
  const found = await rotatable(admin, id);
  if ('kind' in found) return found;
  const staged = await rotationOf(admin.db, found.row.id);
  // A repetition: what was asked for is so already.
  if (staged?.state === 'probation') return oneViewOf(admin, found.row);
  if (!staged) return rotationWrongState('staged', 'none');
  const refused = skipTest ? lastRefusal(staged) : failureOf(await testStaged(admin, found, staged));
  if (refused) return refused;
  const row = await promote(admin, staged, minutes);
  if (!row) return promoteStagedCredentials(admin, id, { probationMinutes: minutes, skipTest });
  await endWarnings(admin.sql, row.id, ['credentials_rolled_back']);
  admin.wake(row.id);
  return oneViewOf(admin, row);
}

/** Goes back to the former credentials, and leaves the promoted ones staged. */
export async function rollBackByHand(admin: Admin, id: string): Promise<CurrentView | RotationProblem> {
  const found = await rotatable(admin, id);
  if ('kind' in found) return found;
  const { row } = found;
  if (!(await rollBackCredentials(admin.sql, row.id))) {
    const state = (await rotationOf(admin.db, row.id))?.state ?? 'none';
    return rotationWrongState('probation', state);
  }
  admin.wake(row.id);
  return viewNow(admin, id);
}

/** Deletes the former credentials before the probation ends. Confirmed by the Current's name, for they are gone then. */
export async function retireFormerCredentials(
  admin: Admin,
  id: string,
  confirmName: string,
): Promise<CurrentView | RotationProblem | NotConfirmed> {
  const found = await rotatable(admin, id);
  if ('kind' in found) return found;
  const { row } = found;
  const former = await rotationOf(admin.db, row.id);
  if (former?.state !== 'probation') return rotationWrongState('probation', former?.state ?? 'none');
  if (confirmName !== row.name)
    return notConfirmed(
      'confirmName',
      row.name,
      former.firstDeliveredAt
        ? '; the former credentials would be gone'
        : '; the former credentials would be gone, and no event was delivered with the new ones yet',
    );
  await admin.db
    .delete(credentialRotation)
    .where(and(eq(credentialRotation.currentId, row.id), eq(credentialRotation.state, 'probation')));
  return oneViewOf(admin, row);
}

async function viewNow(admin: Admin, id: string): Promise<CurrentView | RotationProblem> {
  const found = await rotatable(admin, id);
  return 'kind' in found ? found : oneViewOf(admin, found.row);
}

function failureOf<Answer extends { readonly kind: string }>(
  answer: Answer,
): Exclude<Answer, { readonly kind: 'TestPassed' }> | undefined {
  return answer.kind === 'TestPassed' ? undefined : (answer as Exclude<Answer, { readonly kind: 'TestPassed' }>);
}

/** What is known to be refused does not go live, tested once more or not. */
function lastRefusal({ testOutcome, testCode, testDetail }: RotationRow): TestFailed | undefined {
  if (testOutcome !== 'refused') return undefined;
  return { kind: 'TestFailed', outcome: 'refused', reason: testCode ?? '', message: testDetail ?? '' };
}

/** Swaps the credentials. Undefined when other ones were staged since these were tested, or they are gone. */
async function promote({ db }: Admin, staged: RotationRow, minutes: number): Promise<CurrentRow | undefined> {
  return db.transaction(async (tx) => {
    const isCurrent = eq(current.id, staged.currentId);
    const [before] = await tx.select().from(current).where(isCurrent).for('update');
    if (!before?.credentials) return undefined;
    const [kept] = await tx
      .update(credentialRotation)
      .set({
        state: 'probation',
        credentials: before.credentials,
        promotedAt: sql`now()`,
        probationEndsAt: sql`now() + ${minutes}::int * interval '1 minute'`,
        firstDeliveredAt: null,
      })
      .where(
        and(
          eq(credentialRotation.currentId, staged.currentId),
          eq(credentialRotation.state, 'staged'),
          eq(credentialRotation.credentials, staged.credentials),
        ),
      )
      .returning({ id: credentialRotation.currentId });
    if (!kept) return undefined;
    const [row] = await tx
      .update(current)
      .set({
        credentials: staged.credentials,
        version: sql`${current.version} + 1`,
        updatedAt: sql`now()`,
        // What stood in the way may be gone: ask at once instead of waiting it out.
        failures: 0,
        deferralUntil: null,
        deferralCode: null,
        deferralDetail: null,
        ...(before.state === 'blocked' && { probes: 0, probeAt: sql`now()` }),
      })
      .where(isCurrent)
      .returning();
    return row;
  });
}
