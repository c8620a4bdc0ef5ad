import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, createSeal, restoreBackup, unpackBatch, writeBackup, type Sql } from '@currents/core';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { openRepeatingClient } from '../../src/hub/repeatingClient.js';
import { startRedis } from '../../src/services/redis.js';
import { events } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { idOf, onceEach, shownAt } from '../endToEnd/shown.js';
import { until } from '../endToEnd/until.js';
import { openFaultHarness, type FaultHarness } from '../faults/faultHarness.js';
import { redisForTest } from '../faults/redis.js';

/** A sender that keeps what it has sent, so that it can send it again after a loss. */
function openKeepingSender(url: string, token: string) {
  const client = openRepeatingClient(url, token, 8);
  const requests: { readonly body: string; readonly ids: readonly string[] }[] = [];
  return {
    idsSince: (request: number) => requests.slice(request).flatMap(({ ids }) => ids),
    sentCount: () => requests.length,
    async send(count: number): Promise<void> {
      const batch = events(count);
      const body = JSON.stringify({ events: batch });
      const { status, receipt } = await client.post(body);
      if (receipt?.accepted !== count) throw new Error(`expected ${count} accepted events, got HTTP ${status}`);
      requests.push({ body, ids: batch.map(({ id }) => id) });
    },
    async sendAgain(): Promise<void> {
      for (const { body } of requests) await client.post(body);
    },
    close: () => client.close(),
  };
}

/** The ids of all stored events, and of those that were not delivered yet. */
async function storedEvents(sql: Sql): Promise<{ readonly stored: string[]; readonly pending: string[] }> {
  const [stored, pending]: [string[], string[]] = [[], []];
  const rows = await sql<{ content: Buffer; outcomes: Buffer | null }[]>`
    select b.content, d.outcomes from batch b join delivery d on d.stored_on = b.stored_on and d.batch_id = b.id`;
  for (const { content, outcomes } of rows)
    for (const [position, { id }] of (await unpackBatch(content)).entries()) {
      stored.push(id);
      if (outcomes === null || outcomes[position] === 1) pending.push(id);
    }
  return { stored, pending };
}

async function recreateDatabase(url: string): Promise<void> {
  const server = new URL(url);
  const name = server.pathname.slice(1);
  server.pathname = '/postgres';
  const sql = connect(server.href, { max: 1, name: 'test' });
  try {
    await sql`drop database ${sql(name)} with (force)`;
    await sql`create database ${sql(name)}`;
  } finally {
    await sql.end();
  }
}

const outage = { id: 'outage', action: { kind: 'status', status: 503 } } as const;

async function drill(harness: FaultHarness, redis: Redis | undefined, path: string): Promise<void> {
  const { environment, mixpanel, api, workers } = harness;
  const sender = openKeepingSender(api.url(), harness.token);
  const sending = new AbortController();
  const load = (async () => {
    while (!sending.signal.aborted) {
      await sender.send(10);
      await wait(15);
    }
  })();
  load.catch(() => undefined);

  // Some events are delivered, and some are pending, when the backup is written under load.
  await until(
    () => mixpanel.control.summary().accepted,
    (accepted) => accepted >= 100,
  );
  mixpanel.control.addFault(outage);
  const before = sender.sentCount();
  await until(sender.sentCount, (count) => count >= before + 20);
  const sentBefore = sender.sentCount();
  await writeBackup(environment.DATABASE_URL, path, { onProgress: () => undefined });
  mixpanel.control.removeFault(outage.id);
  await until(sender.sentCount, (count) => count >= sentBefore + 20);
  await until(
    () => mixpanel.control.missing(sender.idsSince(0).slice(0, (sentBefore + 10) * 10)).length,
    (missing) => missing === 0,
    20_000,
  );

  // Everything is lost at once.
  sending.abort();
  await load;
  await Promise.all([api, ...workers].map((slot) => slot.kill()));
  const deliveredBefore = new Set(mixpanel.control.ledger().stored.map(idOf));
  const copiesBefore = mixpanel.control.ledger().stored.length;
  expect(copiesBefore).toBe(deliveredBefore.size);
  await recreateDatabase(environment.DATABASE_URL);
  await redis?.flushall();

  await restoreBackup(environment.DATABASE_URL, path, {
    seal: createSeal(Buffer.from(environment.MASTER_KEY, 'base64')),
    onProgress: () => undefined,
  });
  const sql = connect(environment.DATABASE_URL, { max: 1, name: 'test' });
  try {
    const { stored, pending } = await storedEvents(sql);
    const inBackup = new Set(stored);
    const sent = sender.idsSince(0);
    expect(sent.slice(0, sentBefore * 10).filter((id) => !inBackup.has(id))).toEqual([]);
    const lost = sent.filter((id) => !inBackup.has(id));
    expect(pending.length).toBeGreaterThan(0);
    expect(pending.length).toBeLessThan(stored.length);
    expect(lost.length).toBeGreaterThan(0);

    // The hub goes on: nothing that was in the backup is lost.
    await Promise.all([api, ...workers].map((slot) => slot.start()));
    const settled = (count: number) =>
      until(
        () => ledgerOf(sql, harness.current),
        ({ delivered, pending: waiting }) => delivered === count && waiting === 0,
        30_000,
      );
    await settled(stored.length);
    expect(mixpanel.control.missing(stored)).toEqual([]);
    // What the partner saw twice is what was pending in the backup and was delivered after it, and nothing else.
    const twice = () =>
      mixpanel.control
        .ledger()
        .stored.filter(({ duplicate }) => duplicate)
        .map(idOf)
        .sort();
    const repeated = pending.filter((id) => deliveredBefore.has(id));
    expect(repeated.length).toBeGreaterThan(0);
    expect(twice()).toEqual([...repeated].sort());
    if (redis) expect(await redis.dbsize()).toBeGreaterThan(0);

    // What was accepted after the backup is lost to the hub until the sender sends it again, more than is missing if it likes.
    await sender.sendAgain();
    await settled(sent.length);
    expect(twice()).toEqual([...repeated, ...lost.filter((id) => deliveredBefore.has(id))].sort());
    expect(shownAt(mixpanel.control.ledger(), 'everything')).toEqual(onceEach(sent));
    console.info(
      `restore drill: ${sent.length} events sent, ${stored.length} in the backup, of them ${pending.length} pending; ` +
        `${lost.length} lost until sent again; ${repeated.length} seen twice by the partner, shown once`,
    );
  } finally {
    await sql.end();
    await sender.close();
  }
}

it('a hub that lost its database and its Redis goes on from a backup that was written under load', async () => {
  const redis = redisForTest() === undefined ? undefined : await startRedis();
  const folder = await mkdtemp(join(tmpdir(), 'currents-drill-'));
  const harness = await openFaultHarness({
    workers: 1,
    redisUrl: redis?.url,
    environment: { REQUEST_TIMEOUT_SECONDS: '20' },
  });
  const client = redis && new Redis(redis.url);
  try {
    await drill(harness, client, join(folder, 'currents.backup'));
  } finally {
    client?.disconnect();
    await harness.stop();
    await redis?.stop();
    await rm(folder, { recursive: true });
  }
}, 90_000);
