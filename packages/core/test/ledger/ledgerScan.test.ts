import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/index.js';
import { runScanStep } from '../../src/ledger/ledgerScan.js';
import { claimScanStep, saveScanStep } from '../../src/ledger/saveScan.js';
import { readScanStep } from '../../src/ledger/scanStep.js';
import { readLedgerChecks, readLedgerScan } from '../../src/status/ledgerStatus.js';
import { runRetention } from '../../src/worker/retention.js';
import { createFakePartner, fakeConnector } from '../fakeConnector.js';
import { event, openHub, until, type Hub } from '../deliveryHarness.js';

let hub: Hub;
let current: number;
const log = pino({ level: 'silent' });

beforeEach(async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
  current = await hub.launch();
});
afterEach(() => hub.stop());

const some = (count: number, word = 'good') => Array.from({ length: count }, () => event(word));

interface Row {
  readonly current: number;
  readonly delivery: string;
  readonly what: string;
  readonly expected: number;
  readonly stored: number;
  readonly isResolved: boolean;
}

const differences = () => hub.sql<Row[]>`
  select current_id as current, delivery_id as delivery, trim(quantity || ' ' || code) as what, expected::float8 as expected,
    stored::float8 as stored, resolved_at is not null as "isResolved"
  from ledger_difference order by id`;

/** Takes one step, whenever it would be due. */
async function step(): Promise<void> {
  await hub.sql`update ledger_scan set due_at = now()`;
  await runScanStep({ sql: hub.sql, log });
}

/** Takes the steps of a round, to its end. */
async function scan(): Promise<void> {
  const ended = async () => (await readLedgerScan(hub.sql)).checkedAt?.getTime();
  const before = await ended();
  for (let steps = 0; steps < 50; steps++) {
    await step();
    if ((await ended()) !== before) return;
  }
  throw new Error('the round does not end');
}

/** Delivers 20 events, skips 3 and rejects 2, in one delivery; returns its id. */
async function deliverSome(): Promise<string> {
  const engine = await hub.startWorker();
  await hub.take([...some(20), ...some(3, 'skip'), ...some(2, 'reject')]);
  await until(
    () => hub.tally(current),
    ({ delivered, skipped, rejected }) => delivered === 20 && skipped === 3 && rejected === 2,
  );
  await engine.stop();
  const [row] = await hub.sql<{ id: string }[]>`select id from delivery`;
  return row?.id ?? '';
}

/** Deliveries of one delivered event each, with their batches and the tally, as record writes them. */
async function storeDelivered(count: number, currentId = current): Promise<void> {
  await hub.sql`
    with stored as (
      insert into batch (stored_on, events, content) select current_date, 1, '' from generate_series(1, ${count}::int) returning id
    ), delivered as (
      insert into delivery (stored_on, batch_id, current_id, events, pending, outcomes)
      select current_date, id, ${currentId}, 1, 0, '\\x02' from stored
    )
    insert into tally (current_id, day, shard, outcome, events)
    select ${currentId}, current_date, 5, o, ${count} from unnest(array['selected', 'delivered']) o`;
}

describe('a scan of the ledger', () => {
  it('names a delivery whose outcomes, number of pending events, or batch were falsified', async () => {
    const id = await deliverSome();
    await scan();
    expect(await differences()).toEqual([]);
    await hub.sql`update delivery set pending = 4`;
    await hub.sql`update batch set events = 26`;
    await scan();
    const found = { current, delivery: id, isResolved: false };
    expect(await differences()).toEqual([
      { ...found, what: 'pending', expected: 0, stored: 4 },
      { ...found, what: 'batch_events', expected: 26, stored: 25 },
    ]);
    await hub.sql`update delivery set pending = 0, outcomes = set_byte(outcomes, 0, 9)`;
    await hub.sql`update batch set events = 25`;
    await scan();
    expect(await differences()).toEqual([
      { ...found, what: 'pending', expected: 0, stored: 4, isResolved: true },
      { ...found, what: 'batch_events', expected: 26, stored: 25, isResolved: true },
      { ...found, what: 'unknown_outcome 9', expected: 0, stored: 1 },
      { ...found, delivery: '0', what: 'delivered', expected: 19, stored: 20 },
    ]);
  });

  it('names the delivery of a lost dead letter', async () => {
    const id = await deliverSome();
    await hub.sql`delete from dead_letter`;
    await scan();
    expect(await differences()).toEqual([
      { current, delivery: id, what: 'rejected', expected: 2, stored: 0, isResolved: false },
    ]);
  });

  it('finds a falsified tally and a lost delivery, and once only while they last', async () => {
    await deliverSome();
    await hub.sql`update tally set events = events + 5 where outcome = 'skipped'`;
    await scan();
    await scan();
    const day = { current, delivery: '0', isResolved: false };
    const [row] = await hub.sql<{ code: string }[]>`select code from tally where outcome = 'skipped'`;
    expect(await differences()).toEqual([
      { ...day, what: 'pending', expected: 0, stored: -5 },
      { ...day, what: `skipped ${row?.code}`, expected: 3, stored: 8 },
    ]);
    expect(await readLedgerChecks(hub.sql)).toMatchObject([{ currentId: current, differenceCount: 2 }]);
    await hub.sql`update tally set events = events - 5 where outcome = 'skipped'`;
    await scan();
    expect(await differences()).toMatchObject([{ isResolved: true }, { isResolved: true }]);
    expect(await readLedgerChecks(hub.sql)).toMatchObject([{ currentId: current, differenceCount: 0 }]);
    await hub.sql`delete from delivery`;
    await scan();
    expect((await differences()).slice(2).map(({ what, expected, stored }) => [what, expected, stored])).toEqual([
      ['selected', 0, 25],
      ['delivered', 0, 20],
      ['rejected', 0, 2],
      [`skipped ${row?.code}`, 0, 3],
    ]);
  });

  it('reports nothing while a load is being stored and delivered', async () => {
    await hub.startWorker();
    let isLoading = true;
    const load = (async () => {
      for (let request = 0; request < 60; request++)
        await hub.take([...some(20), ...some(2, 'skip'), ...some(2, 'reject'), ...some(1, 'later')]);
      await until(
        () => hub.tally(current),
        ({ delivered, skipped, rejected }) => delivered === 1_200 && skipped === 120 && rejected === 120,
      );
    })().finally(() => {
      isLoading = false;
    });
    let rounds = 0;
    while (isLoading) {
      await scan();
      rounds++;
    }
    await load;
    expect(rounds).toBeGreaterThan(2);
    await scan();
    expect(await differences()).toEqual([]);
  });

  it('compares the sums of a day only of Currents whose tally did not grow since its first step', async () => {
    const other = await hub.launch('other');
    await storeDelivered(600);
    await storeDelivered(600, other);
    await hub.sql`update tally set events = events + 1 where current_id = ${other} and outcome = 'delivered'`;
    await step();
    // A delivery that was read is changed with its count: the sums of this Current are of two moments.
    await hub.sql`update delivery set outcomes = '\\x01', pending = 1 where id = (select min(id) from delivery)`;
    await hub.sql`update tally set events = events + 1 where current_id = ${current} and outcome = 'selected'`;
    await scan();
    expect(await differences()).toEqual([
      { current: other, delivery: '0', what: 'pending', expected: 0, stored: -1, isResolved: false },
      { current: other, delivery: '0', what: 'delivered', expected: 600, stored: 601, isResolved: false },
    ]);
  });

  it('goes on at its position when a worker dies, and what that worker saves later is not taken', async () => {
    await storeDelivered(1_200);
    await step();
    await hub.sql`update ledger_scan set due_at = now()`;
    const dead = await claimScanStep(hub.sql, 60_000);
    expect(dead?.progress?.open?.sums).toEqual({ [current]: { 'selected ': 500, 'delivered ': 500 } });
    // Nobody else has the step while the lease lasts.
    await runScanStep({ sql: hub.sql, log });
    expect(await claimScanStep(hub.sql, 60_000)).toBeUndefined();
    const late = await readScanStep(hub.sql, dead?.progress);
    await step();
    if (!dead || !late) throw new Error('expected a step');
    const falsified = {
      ...late,
      found: [{ currentId: current, deliveryId: '1', quantity: 'pending', code: '', expected: 1, stored: 2 }] as const,
    };
    expect(await saveScanStep(hub.sql, dead.lease, falsified, 0)).toBe(false);
    await hub.sql`update ledger_scan set due_at = now()`;
    const next = await claimScanStep(hub.sql, 0);
    expect(next?.progress?.open?.sums).toEqual({ [current]: { 'selected ': 1_000, 'delivered ': 1_000 } });
    await scan();
    expect(await differences()).toEqual([]);
  });

  it('begins a round anew that a later release has left in a form of its own', async () => {
    await deliverSome();
    await hub.sql`update ledger_scan set progress = '{"version": 2, "day": "2099-01-01"}'`;
    await hub.sql`delete from dead_letter`;
    await scan();
    expect(await differences()).toMatchObject([{ what: 'rejected' }]);
  });

  it('goes on at once after the clock of the database was a day ahead', async () => {
    await hub.sql`update ledger_scan set due_at = now() + interval '1 day'`;
    expect(await claimScanStep(hub.sql, 60_000)).toBeDefined();
    expect(await claimScanStep(hub.sql, 60_000)).toBeUndefined();
  });

  it('keeps a bounded number of differences, and says up to 200', async () => {
    await storeDelivered(900);
    await hub.sql`update delivery set pending = 1`;
    await scan();
    const open = (await differences()).length;
    expect(open).toBeGreaterThanOrEqual(200);
    expect(open).toBeLessThanOrEqual(400);
    expect(await readLedgerChecks(hub.sql)).toMatchObject([{ differenceCount: 200 }]);
  });

  it('resolves what it found of a day that was dropped, and checks the tally of such a day', async () => {
    for (const parent of ['batch', 'delivery', 'dead_letter', 'quarantine_batch', 'request'])
      await hub.sql`
        do language plpgsql $$ begin
          execute format('create table %I partition of ${hub.sql(parent)} for values from (%L) to (%L)',
            '${hub.sql.unsafe(parent)}_' || to_char(current_date - 20, 'YYYYMMDD'), current_date - 20, current_date - 19);
        end $$`;
    await hub.sql`insert into batch (stored_on, id, events, content) values (current_date - 20, 1, 2, '')`;
    await hub.sql`
      insert into delivery (stored_on, id, batch_id, current_id, events, pending, outcomes)
      values (current_date - 20, 1, 1, ${current}, 1, 0, '\\x02')`;
    await hub.sql`
      insert into tally (current_id, day, shard, outcome, events)
      select ${current}, current_date - 20, 0, o, 1 from unnest(array['selected', 'delivered']) o`;
    await scan();
    expect(await differences()).toMatchObject([{ what: 'batch_events', isResolved: false }]);
    await runRetention({ sql: hub.sql, log, retentionDays: 14 });
    await scan();
    expect(await differences()).toMatchObject([{ isResolved: true }]);
    await hub.sql`update tally set events = 3 where outcome = 'selected'`;
    await scan();
    expect((await differences()).slice(1)).toMatchObject([{ delivery: '0', what: 'pending', expected: 0, stored: 2 }]);
  });

  it('takes each step once, however many workers want it', async () => {
    await storeDelivered(700);
    await hub.sql`update ledger_scan set due_at = now()`;
    const others = Array.from({ length: 3 }, () => connect(hub.databaseUrl, { max: 1, name: 'worker', hotPath: true }));
    await Promise.all(others.map((sql) => runScanStep({ sql, log })));
    const [row] = await hub.sql<{ lease: string; selected: number }[]>`
      select lease, (progress->'open'->'sums'->${String(current)}->'selected ')::int as selected from ledger_scan`;
    expect(row).toEqual({ lease: '1', selected: 500 });
    await Promise.all(others.map((sql) => sql.end()));
  });

  it('is made by workers, once an hour, and its differences are a notice until they are resolved', async () => {
    await deliverSome();
    await hub.sql`update tally set events = events + 1 where outcome = 'delivered'`;
    const engine = await hub.startWorker();
    /** Waits for a notice, while the worker scans as often as it can. */
    const noticed = (isEnded: boolean) =>
      until(
        async () => {
          await hub.sql`update ledger_scan set due_at = now() where due_at > now() + interval '200 milliseconds'`;
          await hub.sql`update notice_schedule set examine_at = now(), examine_rest_at = now()`;
          return hub.sql<{ isEnded: boolean; count: number }[]>`
            select ended_at is not null as "isEnded", event_count::int as count from notice where kind = 'ledger_difference'`;
        },
        ([row]) => row?.isEnded === isEnded,
      );
    expect(await noticed(false)).toMatchObject([{ count: 2 }]);
    await hub.sql`update tally set events = events - 1 where outcome = 'delivered'`;
    expect(await noticed(true)).toHaveLength(1);
    // It may begin a round between the end of this one and the look at it.
    await engine.stop();
    await scan();
    const [row] = await hub.sql<{ restMs: number }[]>`
      select extract(epoch from due_at - checked_since)::float8 * 1000 as "restMs" from ledger_scan`;
    expect(row?.restMs).toBeCloseTo(3_600_000, -1);
  });
});
