import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import type { Sweeps } from '../sweeps.js';
import { backfillIndex } from './backfillIndex.js';
import { mergeFingerprints } from '../eventIndex/mergeFingerprints.js';

/** How often it is asked whether there is something to merge. */
const mergeMs = 5_000;
/** Between two steps, so that deliveries come first. */
const pauseMs = 250;

/** Merges fingerprints into the event index, and indexes what earlier releases have stored. In any number of workers. */
export function startIndexWork({ sql, sweeps }: { readonly sql: Sql; readonly log: Logger; readonly sweeps: Sweeps }) {
  const every = (intervalMs: number, condition: string, step: () => Promise<boolean>) => {
    let nextMs = 0;
    return sweeps.add({
      event: 'event_index.failed',
      isDue: () => (performance.now() < nextMs ? 'false' : condition),
      task: async () => {
        nextMs = performance.now() + intervalMs;
        if (await step()) nextMs = performance.now() + pauseMs;
      },
    });
  };
  const merges = every(mergeMs, 'exists (select from unmerged_fingerprints)', () => mergeFingerprints(sql));
  const backfill = every(mergeMs, 'exists (select from index_backfill where finished_at is null)', () =>
    backfillIndex(sql),
  );
  return {
    async stop() {
      await Promise.all([merges.stop(), backfill.stop()]);
    },
  };
}
