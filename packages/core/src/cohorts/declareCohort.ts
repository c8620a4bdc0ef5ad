import type { CohortChange } from '@currents/connector';
import type { Sql } from '../db/connect.js';
import { storePush } from './storePush.js';

/** Declares a cohort as a push does, so that a deleted one is created again in order with other changes. */
export async function declareCohort(
  { sql }: { readonly sql: Sql },
  partner: string,
  cohort: CohortChange['cohort'],
): Promise<void> {
  const stored = await storePush(
    { sql, onStored: () => undefined },
    { partner, keyId: null, body: '', parsed: { changes: [{ kind: 'declare', cohort }], refused: {} } },
  );
  if (stored.outcome !== 'stored')
    throw new Error(`the cohort was not declared: ${'detail' in stored ? stored.detail : stored.outcome}`);
}
