import { findSkippedEvents, listSkippedEvents, type SkippedEvent, type SkippedEventFilter } from '@currents/core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { event, openCoreHarness, type CoreHarness } from './coreHarness.js';

let harness: CoreHarness | undefined;
let current: string;
const use = (): CoreHarness => harness as CoreHarness;

beforeEach(async () => {
  await harness?.close();
  harness = await openCoreHarness();
  current = await harness.launch('Carrier');
});
afterAll(() => harness?.close());

const click = 'users.messages.email.Click';
const hour = 3_600_000;

/** Stores one batch, and skips the events at these positions at a Current. */
async function skip(events: readonly unknown[], reasons: Readonly<Record<number, string>>, at = current) {
  await use().take(events);
  await use().attempt(at, (position) => {
    const reason = reasons[position];
    return reason === undefined ? 'delivered' : { skip: reason };
  });
}

/** All pages, and how many there were. */
async function pages(filter: Partial<SkippedEventFilter> = {}, first = 2) {
  const nodes: SkippedEvent[] = [];
  let count = 0;
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await listSkippedEvents(use().admin, { first, after }, { currentId: current, ...filter });
    expect(page.nodes.length).toBeLessThanOrEqual(first);
    nodes.push(...page.nodes);
    after = page.nextCursor;
    count++;
  }
  return { nodes, count };
}

const idsOf = (nodes: readonly SkippedEvent[]) => nodes.map(({ eventId }) => eventId);

describe('skipped events', () => {
  it('are listed one by one, the newest first, with the type, the reason and what it means', async () => {
    const [a, b, c, d] = [event('a'), event('b', { event_type: click }), event('c'), event('d')] as const;
    await skip([a, b, c], { 0: 'no_user', 1: 'duplicate' });
    await skip([d], { 0: 'of_an_earlier_release' });
    const { nodes, count } = await pages();
    expect(count).toBe(2);
    expect(nodes.map(({ eventId, eventType, reason }) => [eventId, eventType, reason])).toEqual([
      [
        d['id'],
        d['event_type'],
        { code: 'of_an_earlier_release', description: expect.stringMatching(/no description/) },
      ],
      [b['id'], click, { code: 'duplicate', description: expect.stringMatching(/in the same request/) }],
      [
        a['id'],
        a['event_type'],
        { code: 'no_user', description: use().admin.connectors.get('fake')?.reasons['no_user'] },
      ],
    ]);
    expect(Math.abs(+nodes[0]!.storedAt - Date.now())).toBeLessThan(60_000);
    expect(await findSkippedEvents(use().admin, [nodes[1]!.id, '20260101-1-0', nodes[0]!.id])).toEqual([
      nodes[1],
      undefined,
      nodes[0],
    ]);
    // The event at position 2 was delivered.
    expect(await findSkippedEvents(use().admin, [nodes[1]!.id.replace(/-1$/, '-2')])).toEqual([undefined]);
  });

  it('are filtered by Current, reason, type and time, and counted', async () => {
    const other = await use().launch('Other');
    const [a, b, c] = [event('a'), event('b', { event_type: click }), event('c')] as const;
    await skip([a, b, c], { 0: 'no_user', 1: 'no_user', 2: 'duplicate' });
    await use().attempt(other, () => 'delivered');
    await use().sql`update batch set stored_at = stored_at - interval '1 minute'`;
    await skip([event('later')], { 0: 'no_user' }, other);
    await use().attempt(current, () => ({ skip: 'no_user' }));
    const ids = async (filter: Partial<SkippedEventFilter>) => idsOf((await pages(filter, 1)).nodes);
    const later = expect.stringMatching(/^later-/);
    expect(await ids({})).toEqual([later, c['id'], b['id'], a['id']]);
    expect(await ids({ currentId: other })).toEqual([later]);
    expect(await ids({ currentId: '999' })).toEqual([]);
    expect(await ids({ reason: 'no_user' })).toEqual([later, b['id'], a['id']]);
    expect(await ids({ reason: 'no\0such' })).toEqual([]);
    expect(await ids({ eventType: click })).toEqual([b['id']]);
    const between = new Date(Date.now() - 30_000);
    expect(await ids({ from: between })).toEqual([later]);
    expect(await ids({ to: between, reason: 'no_user' })).toEqual([b['id'], a['id']]);
    expect(await ids({ from: new Date(Date.now() + hour) })).toEqual([]);
    expect(await ids({ to: new Date(-1e15) })).toEqual([]);
    const page = await listSkippedEvents(use().admin, { first: 1 }, { currentId: current, reason: 'no_user' });
    expect(await page.count()).toBe(3);
  });

  it('shift no page when more come, and are listed over all days that are stored', async () => {
    const old = event('old');
    await skip([old], { 0: 'no_user' });
    // A batch and its delivery of yesterday, as if they had been stored then.
    await use().sql`update batch set stored_on = stored_on - 1, stored_at = stored_at - interval '1 day'`;
    await use().sql`update delivery set stored_on = stored_on - 1, stored_at = stored_at - interval '1 day'`;
    const events = [event('a'), event('b'), event('c')];
    await skip(events, { 0: 'no_user', 1: 'no_user', 2: 'no_user' });
    const filter = { currentId: current };
    const one = await listSkippedEvents(use().admin, { first: 2 }, filter);
    await skip([event('new')], { 0: 'no_user' });
    const two = await listSkippedEvents(use().admin, { first: 2, after: one.nextCursor }, filter);
    expect(idsOf([...one.nodes, ...two.nodes])).toEqual([...events.map(({ id }) => id).reverse(), old['id']]);
    expect(two.hasPreviousPage).toBe(true);
    expect(idsOf((await pages({ from: new Date(Date.now() - hour) }, 200)).nodes)).toHaveLength(4);
  });

  it('are found through pages that found few, when what one page reads is not enough', async () => {
    const first = event('first');
    await skip([first], { 0: 'no_user' });
    // More deliveries of others than one page looks at.
    await use().sql`
      insert into delivery (stored_on, batch_id, current_id, events, pending, outcomes)
      select current_date, 1, 999, 1, 0, '\\x02'::bytea from generate_series(1, 105000)`;
    const page = await listSkippedEvents(use().admin, { first: 5 }, { currentId: current });
    expect(page.nodes).toEqual([]);
    expect(page.nextCursor).toBeDefined();
    await expect(page.count()).rejects.toThrow(/totalCount: expected a list that one request can count/);
    const { nodes, count } = await pages();
    expect(idsOf(nodes)).toEqual([first['id']]);
    expect(count).toBeGreaterThan(1);
  });

  it('whose batch is gone or damaged are listed without id and type', async () => {
    await skip([event('a')], { 0: 'no_user' });
    await use().sql`update batch set content = '\\x7b'::bytea`;
    await skip([event('b')], { 0: 'no_user' });
    await use().sql`delete from batch where id = (select max(id) from batch)`;
    const { nodes } = await pages();
    expect(nodes).toMatchObject([{ reason: { code: 'no_user' } }, { reason: { code: 'no_user' } }]);
    for (const { eventId, eventType } of nodes) expect([eventId, eventType]).toEqual([undefined, undefined]);
    expect((await pages({ eventType: click })).nodes).toEqual([]);
  });

  it.each(['nonsense', Buffer.from('20269999 1 0').toString('base64url'), Buffer.from('1 1').toString('base64url')])(
    'refuse the cursor %s',
    async (after) => {
      await expect(listSkippedEvents(use().admin, { first: 1, after }, { currentId: current })).rejects.toThrow(
        /after: expected/,
      );
    },
  );
});
