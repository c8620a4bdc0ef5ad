import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../src/services/programs.js';
import { startPrometheus, type RunningPrometheus } from '../../src/services/prometheus.js';
import { event, events, tomorrow } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { until } from '../endToEnd/until.js';
import { openFaultHarness, type FaultHarness } from '../faults/faultHarness.js';

const isInstalled = findProgram('prometheus') !== undefined;
if (!isInstalled) console.warn('not run (prometheus is not installed): alerts on a hub');

const published = readFileSync(new URL('../../../docs/prometheus-rules.yml', import.meta.url), 'utf8');
/** The published rules, which here need not hold for minutes. */
const rules = published.replaceAll(/^( +for:) .*$/gm, '$1 2s');
/** Of scrape, read of the database, evaluation and `for`; and of a machine that has other things to do. */
const withinMs = 60_000;
const revoked = { id: 'revoked', action: { kind: 'credentialsRevoked' } } as const;

/** A quarter of an hour in which the Current had no dead letter, before the hub of this test was started. */
function quietPast(current: number): string {
  const now = Math.floor(Date.now() / 1_000);
  const samples = Array.from({ length: 25 }, (_, index) => now - (30 - index) * 60);
  return [
    '# TYPE currents_dead_letters gauge',
    ...samples.map((second) => `currents_dead_letters{current="${current}"} 0 ${second}`),
    '# EOF\n',
  ].join('\n');
}

describe.runIf(isInstalled)('alerts of a real Prometheus on a hub', () => {
  let harness: FaultHarness;
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    harness = await openFaultHarness({
      workers: 1,
      environment: { REQUEST_TIMEOUT_SECONDS: '20', WORKER_PORT: '0' },
    });
    const started = await startPrometheus({
      targets: { api: [new URL(harness.api.url()).host] },
      rules,
      history: quietPast(harness.current),
    });
    if (!started) throw new Error('expected a prometheus that starts');
    prometheus = started;
  }, 120_000);
  afterAll(async () => {
    await prometheus?.stop();
    await harness?.stop();
  });

  const firing = async (name: string) => (await prometheus.firing()).filter(({ alertname }) => alertname === name);
  const fires = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    until(
      () => firing(name),
      (alerts) => alerts.some((alert) => Object.entries(labels).every(([label, value]) => alert[label] === value)),
      withinMs,
    );
  const ends = (name: string) =>
    until(
      () => firing(name),
      (alerts) => alerts.length === 0,
      withinMs,
    );
  async function post(batch: readonly unknown[]): Promise<void> {
    const response = await fetch(`${harness.api.url()}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${harness.token}` },
      body: JSON.stringify({ events: batch }),
    });
    expect(response.status).toBe(200);
  }
  const ofCurrent = () => ({ current: String(harness.current) });

  it('none fires on a hub that works', async () => {
    await post(events(5));
    await until(
      () => ledgerOf(harness.sql, harness.current),
      ({ delivered }) => delivered === 5,
    );
    // The api is scraped once CurrentsStatusUnknown, which fires without a scrape, has ended or never began.
    await until(
      async () => {
        const answer = await fetch(`${prometheus.url}/api/v1/query?query=currents_live_workers`);
        return (await answer.json()) as { readonly data: { readonly result: readonly { value: [number, string] }[] } };
      },
      ({ data }) => data.result[0]?.value[1] === '1',
      withinMs,
    );
    await ends('CurrentsStatusUnknown');
    expect(await prometheus.firing()).toEqual([]);
  }, 120_000);

  it('CurrentsCurrentBlocked fires when credentials are revoked, and ends once they are accepted again', async () => {
    harness.mixpanel.control.addFault(revoked);
    await post(events(1));
    await fires('CurrentsCurrentBlocked', { ...ofCurrent(), name: 'everything', severity: 'critical' });
    harness.mixpanel.control.removeFault(revoked.id);
    expect(await harness.admin.probe(harness.current)).toBe('TestCredentialsPayload');
    await ends('CurrentsCurrentBlocked');
  }, 150_000);

  it('CurrentsDeadLettersRising fires when an event is rejected, and ends once it is discarded', async () => {
    await post([event({ time: tomorrow() })]);
    await fires('CurrentsDeadLettersRising', ofCurrent());
    await harness.sql`update dead_letter set discarded_at = now(), discard_reason = 'a test'`;
    await ends('CurrentsDeadLettersRising');
  }, 150_000);

  it('CurrentsLedgerDifference fires when a stored count is changed by hand, and ends once it is right again', async () => {
    const countMore = async (more: number) => {
      await harness.sql`
        update tally set events = events + ${more}::int where current_id = ${harness.current} and outcome = 'delivered'
          and shard = (select min(shard) from tally where current_id = ${harness.current} and outcome = 'delivered')`;
      // A new round of the check; the next one would begin within the hour.
      await harness.sql`update ledger_scan set progress = null, due_at = now()`;
    };
    await countMore(1);
    await fires('CurrentsLedgerDifference', ofCurrent());
    await countMore(-1);
    await ends('CurrentsLedgerDifference');
  }, 150_000);

  it('CurrentsNoWorker fires when the last worker dies, and ends once one is started', async () => {
    await harness.workers[0]?.kill();
    await fires('CurrentsNoWorker');
    await harness.workers[0]?.start();
    await ends('CurrentsNoWorker');
  }, 150_000);

  it('CurrentsStatusUnknown fires while the api is away', async () => {
    await harness.api.stop();
    await fires('CurrentsStatusUnknown');
    await harness.api.start();
    await ends('CurrentsStatusUnknown');
  }, 150_000);

  it('none is left', async () => {
    expect(await prometheus.firing()).toEqual([]);
  });
});
