import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdminClient, type AdminClient } from '../../src/hub/adminClient.js';
import { event, events, tomorrow } from './events.js';
import { ledgerOf } from './ledger.js';
import { tokenOf } from './testEnvironment.js';
import { startTestHub, type TestHub } from './testHub.js';
import { until } from './until.js';

interface Overview {
  readonly itemCount: number;
  readonly deadLetterCount: number;
  readonly quarantinedEventCount: number;
  readonly liveWorkerCount: number;
  readonly totals: {
    readonly pendingCount: number;
    readonly deliveredTodayCount: number;
    readonly currentsByState: readonly { readonly state: string; readonly currentCount: number }[];
  };
  readonly items: readonly {
    readonly kind: string;
    readonly severity: string;
    readonly count: number | null;
    readonly node: { readonly id: string } | null;
  }[];
}

const query = `{ overview {
  itemCount deadLetterCount quarantinedEventCount liveWorkerCount
  totals { pendingCount deliveredTodayCount currentsByState { state currentCount } }
  items { kind severity count node { id } }
} }`;

let hub: TestHub;
let client: AdminClient;
let [sound, blocked, paused] = [0, 0, 0];

const read = async (): Promise<Overview> => (await client.ask<{ readonly overview: Overview }>(query)).overview;
const scrape = async (url: string): Promise<string> => {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  return response.text();
};
const kinds = ({ items }: Overview) => items.map(({ kind }) => kind);

beforeAll(async () => {
  hub = await startTestHub({ projects: ['sound', 'paused'], environment: { QUARANTINE_MEGABYTES: '1' } });
  client = createAdminClient(hub.hub.api.url, hub.hub.adminToken ?? '');
  sound = await hub.launch('sound');
  paused = await hub.launch('paused');
  await hub.admin.pause(paused);
  blocked = await hub.admin.launch({ name: 'blocked', baseUrl: hub.mixpanel.url, token: tokenOf('unknown') });
  await hub.post([...events(20), event({ time: tomorrow() }), event({ time: tomorrow() })]);
  for (let request = 0; request < 120; request++)
    await fetch(`${hub.hub.api.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${hub.token}`, 'content-type': 'application/x-ndjson' },
      body: Array.from({ length: 100 }, () => randomBytes(60).toString('base64url')).join('\n'),
    });
  await until(
    () => ledgerOf(hub.sql, sound),
    ({ selected, pending }) => selected > 0 && pending === 0,
  );
  await until(
    () => hub.admin.stateOf(blocked),
    ({ state }) => state === 'BLOCKED',
  );
}, 112_000);
afterAll(() => hub?.stop());

describe('a hub with a blocked Current, a paused one, dead letters and a full quarantine', () => {
  let overview: Overview;
  let gauges: string;
  beforeAll(async () => {
    overview = await until(read, (each) => each.itemCount === 5 && !kinds(each).includes('STATUS_UNKNOWN'));
    gauges = await until(
      () => scrape(hub.hub.api.url),
      (text) =>
        text.includes(`currents_current_state{current="${blocked}",state="blocked"} 1`) &&
        !/^currents_status_read_success\{.*\} 0$/m.test(text),
    );
  });

  it('says so in its overview, the worst first', () => {
    expect(overview.items).toEqual([
      { kind: 'CURRENT_BLOCKED', severity: 'CRITICAL', count: 22, node: { id: `cur_${blocked}` } },
      {
        kind: 'QUARANTINE_NEAR_BUDGET',
        severity: 'CRITICAL',
        count: null,
        node: { id: expect.stringMatching(/^tok_/) },
      },
      { kind: 'DEAD_LETTERS', severity: 'WARNING', count: 2, node: { id: `cur_${sound}` } },
      { kind: 'QUARANTINED_EVENTS', severity: 'WARNING', count: 12_000, node: null },
      { kind: 'CURRENT_PAUSED', severity: 'INFO', count: 22, node: { id: `cur_${paused}` } },
    ]);
    expect(overview).toMatchObject({
      itemCount: 5,
      deadLetterCount: 2,
      quarantinedEventCount: 12_000,
      liveWorkerCount: 1,
      totals: {
        pendingCount: 44,
        deliveredTodayCount: 20,
        currentsByState: [
          { state: 'DRAFT', currentCount: 0 },
          { state: 'LIVE', currentCount: 1 },
          { state: 'PAUSED', currentCount: 1 },
          { state: 'BLOCKED', currentCount: 1 },
        ],
      },
    });
  });

  it('says the same in the gauges of its api', () => {
    const lines = gauges.split('\n');
    for (const line of [
      `currents_current_info{current="${blocked}",name="blocked",destination="mixpanel"} 1`,
      `currents_current_state{current="${paused}",state="paused"} 1`,
      `currents_current_state{current="${paused}",state="live"} 0`,
      `currents_pending_events{current="${sound}"} 0`,
      `currents_pending_events{current="${blocked}"} 22`,
      `currents_pending_events{current="${paused}"} 22`,
      `currents_dead_letters{current="${sound}"} 2`,
      `currents_dead_letters{current="${blocked}"} 0`,
      'currents_quarantine_events 12000',
      'currents_quarantine_max_bytes 1048576',
      'currents_live_workers 1',
    ])
      expect(lines).toContain(line);
    const fullness = /^currents_quarantine_fullness_ratio ([\d.]+)$/m.exec(gauges)?.[1];
    expect(Number(fullness)).toBeGreaterThanOrEqual(0.95);
    expect(gauges).toMatch(new RegExp(`^currents_retry_window_left_seconds\\{current="${blocked}"\\} 17\\d{4}`, 'm'));
  });

  it('counts the responses of the partner and the latency of events at its worker, which has no such gauges', async () => {
    const worker = await scrape(hub.hub.workers[0]?.url ?? '');
    expect(worker).toContain(`currents_partner_responses_total{current="${sound}",status="400"}`);
    expect(worker).toMatch(
      new RegExp(`^currents_partner_responses_total\\{current="${blocked}",status="401"\\} [1-9]`, 'm'),
    );
    expect(worker).toContain(`currents_delivery_latency_seconds_count{current="${sound}"} 20`);
    expect(worker).not.toContain('currents_pending_events');
    expect(worker).toMatch(/^currents_build_info\{version="\d+\.\d+\.\d+",node="[\d.]+"\} 1$/m);
  });

  it('serves metrics that promtool accepts', async () => {
    const own = [gauges, await scrape(hub.hub.workers[0]?.url ?? '')].map((text) =>
      text.split('\n').filter((line) => /^(# (HELP|TYPE) )?currents_/.test(line)),
    );
    for (const lines of own) {
      const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
        input: `${lines.join('\n')}\n`,
        encoding: 'utf8',
      });
      if (error) return console.warn('not run (promtool is not installed): the format of /metrics');
      expect({ status, output: stdout + stderr }).toEqual({ status: 0, output: '' });
    }
  });
});
