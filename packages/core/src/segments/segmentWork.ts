import type { Http } from '@currents/connector';
import type { Logger } from 'pino';
import { connect } from '../db/connect.js';
import { openSession } from '../db/session.js';
import type { Metrics } from '../process/metrics.js';
import type { Seal } from '../secrets/seal.js';
import { evaluateSegment } from './evaluate.js';
import { runSegmentCleanup } from './segmentCleanup.js';
import { deliverChanges } from './deliverChanges.js';
import { expireBlockedWebhooks, findDueWebhooks, probeBlockedWebhooks } from './webhookSweep.js';

export interface SegmentWorkDeps {
  readonly databaseUrl: string;
  readonly http: Http;
  readonly seal: Seal;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'told'>;
  readonly windowMs: number;
  readonly requestMs: number;
  readonly retentionDays: number;
}

export interface SegmentWork {
  /** Takes nothing new. What is under way gets some seconds to end; given up, it is begun anew by the next worker. */
  stop(): Promise<void>;
}

const sweepMs = 500;
const houseMs = 60_000;
const farewellSeconds = 5;
const statementMs = 120_000;

/** Keeps segments in line with their cohorts, and tells webhooks, until it is stopped. Any number of workers may do so at once. */
export function startSegmentWork(deps: SegmentWorkDeps): SegmentWork {
  const { databaseUrl, log, retentionDays } = deps;
  const sql = connect(databaseUrl, { max: 2, name: 'segments' });
  const session = openSession(databaseUrl, { name: 'segments', statementMs });
  const telling = new Map<number, Promise<void>>();
  let stopped = false;
  let houseDueMs = 0;

  const evaluating = repeat('segments.error', async () => {
    const due = await sql<{ id: number }[]>`
      select id from segment s
      where deleted_at is null and evaluate_after <= now() and exists (select from segment_candidate c where c.segment_id = s.id) order by evaluate_after`;
    for (const { id } of due) await evaluateOne(id);
    if (Date.now() < houseDueMs) return;
    houseDueMs = Date.now() + houseMs;
    await runSegmentCleanup({ sql, session, log, retentionDays });
  });

  // Each by itself, however many there are: they share no slot that a slow receiver could hold on to.
  const webhooks = repeat('webhooks.error', async () => {
    for (const id of await findDueWebhooks({ sql })) {
      if (telling.has(id) || stopped) continue;
      telling.set(
        id,
        tellAll(id).finally(() => telling.delete(id)),
      );
    }
    await expireBlockedWebhooks({ ...deps, sql });
  });
  // By themselves: a receiver that answers slowly holds up nobody who is told something.
  const probes = repeat('webhook.probe_error', () => probeBlockedWebhooks({ ...deps, sql }));

  async function evaluateOne(segmentId: number): Promise<void> {
    if (stopped) return;
    try {
      const { outcome, ...what } = await evaluateSegment(session, segmentId);
      if (outcome === 'evaluated') log.info({ event: 'segment.evaluated', segment: segmentId, ...what });
    } catch (error) {
      if (stopped) return;
      log.warn(
        { event: 'segment.error', segment: segmentId, err: error },
        'a segment could not be evaluated; it is tried again',
      );
      await sql`update segment set evaluate_after = now() + interval '10 seconds' where id = ${segmentId}`;
    }
  }

  async function tellAll(webhookId: number): Promise<void> {
    try {
      while (!stopped && (await deliverChanges({ ...deps, sql }, webhookId)));
    } catch (error) {
      if (!stopped)
        log.warn(
          { event: 'webhook.error', webhook: webhookId, err: error },
          'a webhook could not be told; it is told again when its lease ends',
        );
    }
  }

  /** Again and again, with a pause in between; a round that fails is followed by the next. */
  function repeat(event: string, round: () => Promise<void>): () => Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let under = Promise.resolve();
    const next = (): void => {
      under = round()
        .catch((error: unknown) => {
          if (!stopped) log.warn({ event, err: error }, 'a round of the segments failed; the next one follows');
        })
        .finally(() => {
          if (!stopped) timer = setTimeout(next, sweepMs);
        });
    };
    timer = setTimeout(next, 0);
    return async () => {
      clearTimeout(timer);
      await under;
    };
  }

  return {
    async stop() {
      stopped = true;
      // What webhooks are being told is recorded before the connections go.
      await Promise.race([
        Promise.all(telling.values()),
        new Promise((resolve) => setTimeout(resolve, farewellSeconds * 1000).unref()),
      ]);
      await Promise.all([sql.end({ timeout: farewellSeconds }), session.end(farewellSeconds)]);
      await Promise.all([evaluating(), webhooks(), probes()]);
    },
  };
}
