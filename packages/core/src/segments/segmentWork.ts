import { wholeSetMs } from '../cohorts/memberSet.js';
import { connect } from '../db/connect.js';
import { openSession, type Session } from '../db/session.js';
import type { Sweeps } from '../sweeps.js';
import { startPeriodic } from '../process/periodic.js';
import { deliverChanges, type DeliverChangesDeps } from './deliverChanges.js';
import { evaluateSegment } from './evaluate.js';
import { runSegmentCleanup } from './segmentCleanup.js';
import { isDue } from './webhookBatch.js';
import { createWebhookProber, expireBlockedWebhooks, findDueWebhooks } from './webhookSweep.js';

interface SegmentWorkDeps extends Omit<DeliverChangesDeps, 'sql' | 'clock' | 'isStopping'> {
  readonly databaseUrl: string;
  readonly sweeps: Sweeps;
  readonly retentionDays: number;
}

const isEvaluationDue = `deleted_at is null and evaluate_after <= now()
  and exists (select from segment_candidate c where c.segment_id = s.id)`;
const cleanupMs = 60_000;
const stopSeconds = 5;
const statementMs = 120_000;

/** Evaluates segments and delivers their changes to webhooks, until it is stopped. Any number of workers may do so. */
export function startSegmentWork(deps: SegmentWorkDeps) {
  const { databaseUrl, sweeps, log, retentionDays } = deps;
  const sql = connect(databaseUrl, { max: 2, name: 'segments' });
  const session = openSession(databaseUrl, { name: 'segments', statementMs });
  // Evaluations of all members take up to minutes; in a session of their own, they do not delay changes of others.
  const wholeSession = openSession(databaseUrl, { name: 'segments', statementMs, maxStatementMs: wholeSetMs });
  const waitingForWhole = new Set<number>();
  const prober = createWebhookProber({ ...deps, sql, clock: sweeps.clock });
  const delivering = new Map<number, Promise<void>>();
  let stopped = false;

  const wholeEvaluations = startPeriodic(log, 'segment_evaluation.failed', undefined, async () => {
    for (const id of waitingForWhole) {
      try {
        await evaluate(id, wholeSession, 'any');
      } finally {
        waitingForWhole.delete(id);
      }
    }
  });

  const periodics = [
    sweeps.add({
      event: 'segment_sweep.failed',
      isDue: () => `exists (select from segment s where ${isEvaluationDue})`,
      task: async () => {
        const due = await sql<{ id: number }[]>`
          select id from segment s where ${sql.unsafe(isEvaluationDue)} order by evaluate_after`;
        for (const { id } of due) {
          if (waitingForWhole.has(id)) continue;
          if ((await evaluate(id, session, 'candidates')) === 'whole') waitingForWhole.add(id);
        }
        if (waitingForWhole.size > 0) wholeEvaluations.runNow();
      },
    }),
    wholeEvaluations,
    startPeriodic(log, 'segment_cleanup.failed', cleanupMs, () =>
      runSegmentCleanup({ sql, session, log, retentionDays }),
    ),
    sweeps.add({
      event: 'webhook_sweep.failed',
      isDue: () => `exists (select from segment_webhook w where w.state = 'blocked' or ${isDue})`,
      task: async () => {
        // All due webhooks concurrently, so that a slow receiver takes no slot from the others.
        for (const id of await findDueWebhooks({ sql }))
          if (!delivering.has(id) && !stopped) delivering.set(id, deliverAll(id));
        await prober.start();
        await expireBlockedWebhooks({ ...deps, sql });
      },
    }),
  ];

  async function evaluate(segmentId: number, within: Session, scope: 'any' | 'candidates') {
    if (stopped) return undefined;
    try {
      const { outcome, ...result } = await evaluateSegment(within, segmentId, scope);
      if (outcome === 'evaluated') log.info({ event: 'segment.evaluated', segment: segmentId, ...result });
      return outcome;
    } catch (error) {
      if (stopped) return undefined;
      log.warn(
        { event: 'segment.evaluation_failed', segment: segmentId, err: error },
        'a segment was not evaluated; it is retried',
      );
      await sql`update segment set evaluate_after = now() + interval '10 seconds' where id = ${segmentId}`;
      return undefined;
    }
  }

  async function deliverAll(webhookId: number): Promise<void> {
    try {
      while (
        !stopped &&
        (await deliverChanges({ ...deps, sql, clock: sweeps.clock, isStopping: () => stopped }, webhookId))
      );
    } catch (error) {
      if (!stopped)
        log.warn(
          { event: 'webhook_request.failed', webhook: webhookId, err: error },
          'a webhook request was not recorded; it is repeated',
        );
    } finally {
      delivering.delete(webhookId);
    }
  }

  return {
    /** Starts nothing new. Work in flight has some seconds to end; what is aborted is repeated by another worker. */
    async stop(): Promise<void> {
      stopped = true;
      const ended = Promise.all(periodics.map((periodic) => periodic.stop()));
      // Requests in flight are recorded before the connections close.
      await Promise.race([
        Promise.all([...delivering.values(), prober.end()]),
        new Promise((resolve) => setTimeout(resolve, stopSeconds * 1000).unref()),
      ]);
      await Promise.all([
        sql.end({ timeout: stopSeconds }),
        ...[session, wholeSession].map((each) => each.end(stopSeconds)),
      ]);
      await ended;
    },
  };
}
