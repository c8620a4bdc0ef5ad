import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Admin, Queries } from '../admin/admin.js';
import type { Problem } from '../admin/problem.js';
import { credentialRotation } from '../db/schema.js';

export type RotationRow = typeof credentialRotation.$inferSelect;

/** `none`: a Current has no credentials beside those that it uses. */
export type RotationState = RotationRow['state'] | 'none';

/** The rotation of credentials is not where the action needs it to be. */
export type CredentialRotationWrongState = Problem<'CredentialRotationWrongState', { state: RotationState }>;

const stands: Readonly<Record<RotationState, string>> = {
  none: 'none are staged',
  staged: 'new ones are staged, and not promoted',
  probation: 'new ones were promoted, and the former ones are still kept',
};

export function rotationWrongState(expected: RotationState, state: RotationState): CredentialRotationWrongState {
  return {
    kind: 'CredentialRotationWrongState',
    state,
    message: `expected credentials of which ${stands[expected]}; got: ${stands[state]}`,
  };
}

/** The other credentials of these Currents. */
export async function rotationsOf(db: Queries, currentIds: readonly number[]): Promise<readonly RotationRow[]> {
  if (currentIds.length === 0) return [];
  return db
    .select()
    .from(credentialRotation)
    .where(inArray(credentialRotation.currentId, [...currentIds]));
}

export async function rotationOf(db: Queries, currentId: number): Promise<RotationRow | undefined> {
  return (await rotationsOf(db, [currentId]))[0];
}

/** What the destination said of staged credentials. */
export interface RotationTest {
  readonly outcome: NonNullable<RotationRow['testOutcome']>;
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
}

/** Records a test, unless other credentials have been staged or they have been promoted meanwhile. Returns whether it did. */
export async function recordTest(
  { db }: Pick<Admin, 'db'>,
  { currentId, credentials }: Pick<RotationRow, 'currentId' | 'credentials'>,
  { outcome, code, detail }: RotationTest,
): Promise<boolean> {
  const recorded = await db
    .update(credentialRotation)
    .set({ testOutcome: outcome, testCode: code ?? null, testDetail: detail ?? null, testedAt: sql`now()` })
    .where(
      and(
        eq(credentialRotation.currentId, currentId),
        eq(credentialRotation.state, 'staged'),
        eq(credentialRotation.credentials, credentials),
      ),
    )
    .returning({ id: credentialRotation.currentId });
  return recorded.length > 0;
}

/** What an admin may know of it: nothing of the credentials but `fields`. */
export function rotationViewOf(
  row: RotationRow,
  credentials: { readonly kind: string | undefined; readonly fields: readonly string[] },
) {
  return {
    state: row.state,
    credentials,
    stagedAt: row.stagedAt,
    /** The last test of the new credentials; undefined before the first one. */
    test:
      row.testOutcome && row.testedAt
        ? {
            outcome: row.testOutcome,
            reason: row.testCode ?? undefined,
            detail: row.testDetail ?? undefined,
            testedAt: row.testedAt,
          }
        : undefined,
    promotedAt: row.promotedAt ?? undefined,
    probationEndsAt: row.probationEndsAt ?? undefined,
    /** When the destination first accepted events with the promoted credentials. */
    firstDeliveredAt: row.firstDeliveredAt ?? undefined,
  };
}
