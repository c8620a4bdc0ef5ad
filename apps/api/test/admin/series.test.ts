import { afterAll, beforeAll, expect, it } from 'vitest';
import { databaseKey, good, openAdminHarness, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
beforeAll(async () => {
  harness = await openAdminHarness();
});
afterAll(() => harness.close());

const event = (id: string) => ({
  event_type: 'users.messages.email.Open',
  id,
  time: 1_760_000_000,
  user: { external_user_id: 'kim' },
  properties: {},
});

const take = (body: object) =>
  harness.intake.take({ chunks: [Buffer.from(JSON.stringify(body))], format: 'json', tokenId: harness.tokenId });

it('counts what came in by token and type', async () => {
  const body = { events: [event('a'), event('b'), { event_type: 'nonsense', id: 'c', time: 1 }] };
  await take(body);
  await take(body);
  const rows = await harness.do(
    '{ ingestCounts(groupBy: [TOKEN, EVENT_TYPE]) { at ingestTokenId ingestToken { name } eventType received accepted quarantined repeated released } }',
  );
  const shared = {
    at: null,
    ingestTokenId: `tok_${harness.tokenId}`,
    ingestToken: { name: 'sender' },
    released: 0,
  };
  expect(rows).toEqual([
    { ...shared, eventType: null, received: 2, accepted: 0, quarantined: 1, repeated: 1 },
    { ...shared, eventType: 'users.messages.email.Open', received: 4, accepted: 2, quarantined: 0, repeated: 2 },
  ]);
  const all = await harness.do(
    `{ ingestCounts(filter: {ingestTokenId: "tok_${harness.tokenId}"}) { received accepted ingestTokenId eventType } }`,
  );
  expect(all).toEqual([{ received: 6, accepted: 2, ingestTokenId: null, eventType: null }]);
});

it('answers with a point for each step', async () => {
  const { resolution, series, countedSince } = await harness.do(
    `{ series(metrics: [ACCEPTED, RECEIVED], resolution: DAY, ingestTokenId: "tok_${harness.tokenId}") {
      resolution countedSince series { metric points { at value } } } }`,
  );
  expect(resolution).toBe('DAY');
  expect(+new Date(countedSince)).toBeLessThanOrEqual(Date.now());
  expect(series.map(({ metric }: { metric: string }) => metric)).toEqual(['ACCEPTED', 'RECEIVED']);
  for (const [index, expected] of [2, 6].entries()) {
    const { points } = series[index];
    expect(points).toHaveLength(14);
    expect(points.reduce((sum: number, { value }: { value: number }) => sum + value, 0)).toBe(expected);
  }
});

it('has no latency where nothing was delivered, and 0 of a count', async () => {
  const id = await harness.createCurrent(good);
  const { series } = await harness.do(
    `{ series(metrics: [DELIVERED, LATENCY_P99_MS], resolution: HOUR, currentId: "${id}") { series { points { value } } } }`,
  );
  expect(series[0].points).toEqual(Array.from({ length: 24 }, () => ({ value: 0 })));
  expect(series[1].points).toEqual(Array.from({ length: 24 }, () => ({ value: null })));
  const { counts } = await harness.do(`{ current(id: "${id}") { ... on Current { counts { unselected } } } }`);
  expect(counts).toEqual({ unselected: 0 });
});

it('refuses what would have too many points, and ids of something else', async () => {
  const messages = async (query: string) =>
    (await harness.ask(query)).body.errors.map(({ message }: { message: string }) => message);
  const from = '2026-01-01T00:00:00Z';
  expect(
    await messages(`{ series(metrics: [DELIVERED], resolution: MINUTE, from: "${from}") { resolution } }`),
  ).toMatchObject([expect.stringContaining('at most 2000 points')]);
  expect(
    await messages('{ series(metrics: [DELIVERED], resolution: HOUR, currentId: "tok_1") { resolution } }'),
  ).toMatchObject([expect.stringContaining('expected the id of a Current')]);
  expect(
    await messages('{ series(metrics: [DELIVERED], resolution: HOUR, eventType: "x") { resolution } }'),
  ).toMatchObject([expect.stringContaining('got one of a Current')]);
});

it('says how the last 24 hours of each Current of a page went', async () => {
  const names = ['Quiet', 'Busy'];
  const [quiet, busy] = await Promise.all(names.map((name) => harness.createCurrent({ ...good, name })));
  await harness.sql`
    insert into current_count (current_id, resolution, at, selected, unselected, delivered, skipped, rejected, expired)
    select ${databaseKey(busy!)}, 'hour', date_trunc('hour', now()) - hours * interval '1 hour', 9, 0, 4, 2, 1, 2
    from unnest(array[0, 23, 24]) hours`;
  const { nodes } = await harness.do(
    '{ currents(first: 10) { nodes { id activity { startsAt delivered skipped failed } } } }',
  );
  const activityOf = (id: string | undefined) => nodes.find((node: { id: string }) => node.id === id).activity;
  expect(activityOf(quiet).delivered).toEqual(Array.from({ length: 24 }, () => 0));
  const hours = (value: number) => [value, ...Array.from({ length: 22 }, () => 0), value];
  expect(activityOf(busy)).toMatchObject({ delivered: hours(4), skipped: hours(2), failed: hours(3) });
  expect(Date.now() - Date.parse(activityOf(busy).startsAt)).toBeLessThan(24 * 3_600_000);
});

it('lists the Currents that are tried again, and says when the events of a blocked one expire', async () => {
  const [retrying, blocked] = await Promise.all(
    ['Retrying', 'Blocked'].map((name) => harness.createCurrent({ ...good, name })),
  );
  await harness.sql`
    update current set state = 'live', deferral_until = now() + interval '1 hour', deferral_code = 'down', deferral_detail = 'no'
    where id = ${databaseKey(retrying!)}`;
  await harness.sql`update current set state = 'blocked', blocked_code = 'x', blocked_detail = 'x' where id = ${databaseKey(blocked!)}`;
  const list = (isRetrying: boolean) =>
    harness.do('query ($filter: CurrentFilter) { currents(filter: $filter) { nodes { id } } }', {
      filter: { isRetrying },
    });
  expect((await list(true)).nodes).toEqual([{ id: retrying }]);
  expect((await list(false)).nodes).toContainEqual({ id: blocked });
  expect((await list(false)).nodes).not.toContainEqual({ id: retrying });
  const ends = `{ current(id: "${blocked}") { ... on Current { retryWindowEndsAt } } }`;
  expect(await harness.do(ends)).toEqual({ retryWindowEndsAt: null });
});
