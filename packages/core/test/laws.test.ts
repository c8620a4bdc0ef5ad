import { answerAll } from '@currents/connector';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakePartner, fakeConnector, type FakePartner } from './fakeConnector.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';

let hub: Hub;
let partner: FakePartner;
afterEach(() => hub.stop());

async function open(limits: { readonly events?: number; readonly requests?: number } = {}): Promise<number> {
  partner = createFakePartner();
  hub = await openHub(fakeConnector(partner, limits));
  return hub.launch();
}

const some = (count: number, word = 'good') => Array.from({ length: count }, () => event(word));
const state = async (id: number) =>
  (
    await hub.sql<
      { state: string; blocked_code: string | null }[]
    >`select state, blocked_code from current where id = ${id}`
  )[0];

describe('the laws', () => {
  it('1. stored before acknowledged', async () => {
    const current = await open();
    await hub.take(some(10));
    // Another connection sees batch and delivery at the moment of the answer.
    const rows =
      await hub.sql`select b.events, d.pending from batch b join delivery d on d.batch_id = b.id where d.current_id = ${current}`;
    expect(rows.map((row) => ({ ...row }))).toEqual([{ events: 10, pending: 10 }]);
  });

  it('1. stored before acknowledged: a request that cannot be committed is refused, and stored whole when repeated', async () => {
    const current = await open();
    await hub.sql`alter table request rename to request_away`;
    const events = some(5);
    await expect(hub.take(events)).rejects.toThrow();
    await hub.sql`alter table request_away rename to request`;
    expect(await hub.tally(current)).toEqual({});
    await hub.take(events);
    expect(await hub.tally(current)).toEqual({ selected: 5 });
  });

  it('2. conservation: selected = delivered + skipped + rejected + expired + pending', async () => {
    const current = await open();
    await hub.startWorker();
    await hub.take([
      ...some(50),
      ...some(7, 'skip'),
      ...some(3, 'reject'),
      ...some(2, 'later'),
      event('good', { event_type: 'agentconsole.ToolInvocation' }),
    ]);
    await until(
      () => hub.tally(current),
      ({ delivered, skipped, rejected }) => delivered === 50 && skipped === 7 && rejected === 3,
    );
    const tally = await hub.tally(current);
    const [row] = await hub.sql<
      { pending: number; bytes: Buffer }[]
    >`select pending, outcomes as bytes from delivery where current_id = ${current}`;
    expect(tally['selected']).toBe(62);
    expect(row?.pending).toBe(2);
    const counts = new Map<number, number>();
    for (const byte of row?.bytes ?? []) counts.set(byte, (counts.get(byte) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({ 0: 1, 1: 2, 2: 50, 3: 3, 16: 7 });
  });

  it('3. single writer: an attempt that lost its lease writes nothing', async () => {
    const current = await open();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    partner.delay = () => gate;
    await hub.take(some(10));
    const engine = await hub.startWorker();
    await until(
      () => partner.requests.length,
      (requests) => requests === 1,
    );
    await hub.sql`update delivery set lease = lease - 1`;
    release();
    // A worker that has stopped has ended its attempts.
    await engine.stop();
    expect(await hub.tally(current)).toEqual({ selected: 10 });
    const [row] = await hub.sql<{ pending: number; outcomes: Buffer | null }[]>`select pending, outcomes from delivery`;
    expect(row).toMatchObject({ pending: 10, outcomes: null });
  });

  it('5. every item is answered by id: an event without an answer is retried', async () => {
    const current = await open();
    await hub.startWorker();
    await hub.take([...some(3), ...some(1, 'silent')]);
    await until(
      () => hub.tally(current),
      ({ delivered }) => delivered === 3,
    );
    const [row] = await until(
      () => hub.sql<{ pending: number; deferred: unknown }[]>`select pending, deferred from delivery`,
      ([delivery]) => delivery?.pending === 1,
    );
    expect(row?.deferred).toMatchObject([{ code: 'unanswered', attempts: 1, positions: [3] }]);
  });

  it('6. isolation: one bad event does not delay another', async () => {
    const current = await open({ events: 10 });
    await hub.startWorker();
    await hub.take([...some(25), event('poison'), ...some(25), event('later'), ...some(48), event('reject')]);
    const tally = await until(
      () => hub.tally(current),
      ({ delivered, rejected }) => delivered === 98 && rejected === 2,
    );
    expect(tally['selected']).toBe(101);
  });

  it('6. isolation: one failing Current does not delay another', async () => {
    await open({ requests: 1 });
    const slow = createFakePartner();
    let letGo = (): void => undefined;
    slow.delay = () => new Promise((resolve) => (letGo = resolve));
    // Both Currents share the connector; the partner is slow for the first request.
    let first = true;
    partner.delay = () => {
      if (!first) return Promise.resolve();
      first = false;
      return slow.delay();
    };
    const [one, other] = [1, await hub.launch('the other')];
    await hub.startWorker();
    await hub.take(some(20));
    const both = async () =>
      [(await hub.tally(one))['delivered'] ?? 0, (await hub.tally(other))['delivered'] ?? 0].sort((a, b) => a - b);
    expect(await until(both, ([, done]) => done === 20)).toEqual([0, 20]);
    letGo();
    await until(both, ([least]) => least === 20);
  });

  it('7. a blocked Current keeps its events: they are delivered without help once the credentials work', async () => {
    const current = await open();
    partner.mood = { outcome: 'blocked', code: 'http_401', detail: 'the key was refused' };
    await hub.startWorker();
    await hub.take(some(10));
    await until(
      () => state(current),
      (row) => row?.state === 'blocked',
    );
    await hub.take(some(10));
    expect(await hub.tally(current)).toEqual({ selected: 20 });
    partner.mood = undefined;
    // The first probe is due in a minute; this brings it forward.
    await hub.sql`update current set probe_at = now()`;
    await until(
      () => hub.tally(current),
      ({ delivered }) => delivered === 20,
    );
    expect(await state(current)).toMatchObject({ state: 'live', blocked_code: null });
  });

  it('7. a blocked Current keeps its events until the retry window ends: then they are dead letters with the reason', async () => {
    const current = await open();
    partner.mood = { outcome: 'blocked', code: 'http_401', detail: 'the key was refused' };
    await hub.startWorker({ windowMs: 3_600_000 });
    await hub.take(some(4));
    await until(
      () => state(current),
      (row) => row?.state === 'blocked',
    );
    await hub.sql`update current set live_since = live_since - interval '2 hours'`;
    await hub.take(some(3));
    await hub.sql`update delivery set stored_at = stored_at - interval '61 minutes' where events = 4`;
    await until(
      () => hub.tally(current),
      ({ expired }) => expired === 4,
    );
    const letters = await hub.sql`select outcome, code, detail, positions from dead_letter`;
    expect(letters.map((letter) => ({ ...letter }))).toEqual([
      {
        outcome: 'expired',
        code: 'http_401',
        detail: 'kept for the whole retry window of 1 h while the Current was blocked: the key was refused',
        positions: [0, 1, 2, 3],
      },
    ]);
    expect(await hub.tally(current)).toEqual({ selected: 7, expired: 4 });
  });

  it('7. a failing partner is retried until the retry window ends', async () => {
    const current = await open();
    partner.mood = { outcome: 'deferred', code: 'http_503', detail: 'unavailable', scope: 'current', afterMs: 0 };
    await hub.startWorker();
    await hub.take(some(5));
    await until(
      () => partner.requests.length,
      (requests) => requests >= 2,
    );
    await hub.sql`update current set live_since = live_since - interval '2 hours'`;
    await hub.sql`update delivery set stored_at = stored_at - interval '2 hours'`;
    await until(
      () => hub.tally(current),
      ({ expired }) => expired === 5,
    );
  });
});

describe('pausing', () => {
  it('keeps events in a paused Current, and delivers them when it is resumed', async () => {
    const current = await open();
    const other = await hub.launch('other');
    await hub.startWorker();
    await hub.sql`update current set state = 'paused' where id = ${current}`;
    await hub.take(some(10));
    // The sweep that finds these deliveries also finds those of the other Current.
    await until(
      () => hub.tally(other),
      ({ delivered }) => delivered === 10,
    );
    expect(await hub.tally(current)).toEqual({ selected: 10 });
    await hub.sql`update current set state = 'live', live_since = now()`;
    await until(
      () => hub.tally(current),
      ({ delivered }) => delivered === 10,
    );
  });

  it('does not apply to a draft, which selects no events', async () => {
    const current = await open();
    await hub.sql`update current set state = 'draft'`;
    await hub.take(some(10));
    expect(await hub.tally(current)).toEqual({});
  });
});

describe('refusals of everything', () => {
  it('block the Current instead of rejecting its events one by one', async () => {
    const current = await open();
    partner.mood = { outcome: 'split', code: 'http_400', detail: 'identity events are not allowed' };
    await hub.startWorker();
    await hub.take(some(100));
    await until(
      () => state(current),
      (row) => row?.state === 'blocked',
    );
    const tally = await until(
      () => hub.tally(current),
      ({ rejected }) => rejected === 3,
    );
    expect(tally).toEqual({ selected: 100, rejected: 3 });
    expect(await state(current)).toMatchObject({ blocked_code: 'refused_everything' });
  });

  it('block the Current also when its events arrive one by one', async () => {
    const current = await open();
    partner.mood = { outcome: 'split', code: 'http_400', detail: 'identity events are not allowed' };
    await hub.startWorker();
    for (const lost of [1, 2, 3]) {
      await hub.take(some(1));
      await until(
        () => hub.tally(current),
        ({ rejected }) => rejected === lost,
      );
    }
    await until(
      () => state(current),
      (row) => row?.state === 'blocked',
    );
    await hub.take(some(5));
    expect(await hub.tally(current)).toEqual({ selected: 8, rejected: 3 });
  });

  it('defer the Current when the refusals are not final, such as a firewall’s: no event is rejected or sent alone', async () => {
    partner = createFakePartner();
    const fake = fakeConnector(partner);
    hub = await openHub({
      ...fake,
      async send(items, to) {
        await fake.send(items, to);
        const refusal = { code: 'forbidden', detail: 'a firewall refused the request' };
        return answerAll(
          items,
          items.length > 1
            ? { outcome: 'split', ...refusal }
            : { outcome: 'deferred', ...refusal, afterMs: 180_000, scope: 'event' },
        );
      },
    });
    const current = await hub.launch();
    await hub.startWorker();
    await hub.take(some(100));
    const [row] = await until(
      () =>
        hub.sql<
          { state: string; deferral_code: string | null; seconds: number }[]
        >`select state, deferral_code, extract(epoch from deferral_until - now())::float8 as seconds from current where id = ${current}`,
      ([held]) => held?.deferral_code !== null,
    );
    expect(row).toMatchObject({ state: 'live', deferral_code: 'forbidden' });
    expect(row?.seconds).toBeGreaterThan(150);
    // The sweep that attempts the second Current has passed over the first.
    const second = await hub.launch('second');
    await hub.take(some(1));
    await until(
      () => hub.sql<{ attempts: number }[]>`select attempts from delivery where current_id = ${second}`,
      ([delivery]) => (delivery?.attempts ?? 0) > 0,
    );
    expect(await hub.tally(current)).toEqual({ selected: 101 });
    // Halved until one event is alone, its neighbour, and one from the far end; and one of the second Current.
    expect(partner.requests.length).toBeLessThan(13);
  });

  it('are not assumed from two invalid events in a row, and the events after them are delivered', async () => {
    const current = await open();
    await hub.take([...some(2, 'poison'), ...some(50), ...some(1, 'poison'), ...some(20)]);
    await hub.startWorker();
    expect(
      await until(
        () => hub.tally(current),
        ({ delivered }) => delivered === 70,
      ),
    ).toEqual({ selected: 73, delivered: 70, rejected: 3 });
    expect(await state(current)).toMatchObject({ state: 'live' });
  });
});
