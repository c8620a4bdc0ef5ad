import type { Admin } from '../admin/admin.js';
import { fieldProblem, inputInvalid, type InputInvalid } from '../admin/problem.js';
import type { CurrentView } from '../currents/currentView.js';
import { launchCurrent } from '../currents/transitions.js';
import { createJob, type JobView } from './jobs.js';
import { databaseNow } from '../db/databaseNow.js';

interface LaunchFrom {
  readonly skipTest?: boolean | undefined;
  readonly isPaused?: boolean | undefined;
  /** The Current also gets the events that the hub accepted at this time or later, as far as they are stored. */
  readonly from?: Date | undefined;
}

/** A live Current, and the job that sends it what came before it was launched. */
interface CurrentLaunched {
  readonly kind: 'CurrentLaunched';
  readonly current: CurrentView;
  /** Undefined when it was launched without an earlier time, or before. */
  readonly backfill: JobView | undefined;
}

type LaunchProblem = Exclude<Awaited<ReturnType<typeof launchCurrent>>, CurrentView>;

/**
 * Launches a draft; with `from`, so that it gets each event from that time on once. The transaction that makes it live
 * creates the job, which sends exactly what was stored without a delivery for it: see `docs/replay.md`.
 */
export async function launchCurrentFrom(
  admin: Admin,
  id: string,
  { skipTest, isPaused, from }: LaunchFrom,
  adminTokenId: string | undefined,
): Promise<CurrentLaunched | LaunchProblem | InputInvalid> {
  if (from && from > new Date(await databaseNow(admin.db)))
    return inputInvalid([fieldProblem('from', 'out_of_range', 'expected a time in the past, got one in the future')]);
  let backfill: JobView | undefined;
  const launched = await launchCurrent(admin, id, {
    skipTest: skipTest ?? false,
    isPaused: isPaused ?? false,
    async alongside(tx, { id: currentId }) {
      if (!from) return;
      const filter = { outcomes: ['unselected'], from } as const;
      const input = { currentId: String(currentId), filter, isDryRun: false, isLaunch: true };
      backfill = await createJob({ db: tx }, 'replay_events', input, adminTokenId);
    },
  });
  return launched.kind === 'Current' ? { kind: 'CurrentLaunched', current: launched, backfill } : launched;
}
