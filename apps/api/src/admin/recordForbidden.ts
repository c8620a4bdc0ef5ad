import { recordAuditEntry } from '@currents/core';
import type { AdminContext } from './base/context.js';

/** A token's calls of one mutation are recorded once in this time, by each process of the api. */
const recordEveryMs = 60_000;
/** Tokens and mutations that are remembered; the oldest are forgotten first. */
const maxRemembered = 10_000;

export type RecordForbidden = ReturnType<typeof createForbiddenRecorder>;

/**
 * Records mutations in the audit log that were refused because the role of the token does not allow them. What somebody
 * with such a token can add to it is bounded: it is kept for ever.
 */
export function createForbiddenRecorder(now: () => number = () => performance.now()) {
  /** When each token and mutation was last recorded, the oldest first. */
  const recordedMs = new Map<string, number>();

  function isDue(key: string): boolean {
    const nowMs = now();
    const lastMs = recordedMs.get(key);
    if (lastMs !== undefined && nowMs - lastMs < recordEveryMs) return false;
    recordedMs.delete(key);
    recordedMs.set(key, nowMs);
    if (recordedMs.size > maxRemembered) recordedMs.delete(recordedMs.keys().next().value as string);
    return true;
  }

  /** Never rejects: the request is refused all the same. */
  return async (
    { admin, adminTokenId, log }: Pick<AdminContext, 'admin' | 'adminTokenId' | 'log'>,
    mutations: Iterable<string>,
  ): Promise<void> => {
    for (const action of new Set(mutations)) {
      if (!isDue(`${adminTokenId} ${action}`)) continue;
      const entry = { action, adminTokenId, targetId: undefined, result: 'forbidden', succeeded: false };
      log.info({ event: 'audit.recorded', ...entry });
      await recordAuditEntry(admin, { ...entry, arguments: undefined }).catch((error: unknown) => {
        log.error(
          { event: 'audit.record_failed', ...entry, err: error },
          'an audit entry could not be stored; this log line is all there is of it',
        );
      });
    }
  };
}
