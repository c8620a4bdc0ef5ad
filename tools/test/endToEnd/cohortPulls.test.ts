import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cohortKeyOf, secrets, startPullHub, type Partner, type Pull, type PullHub } from './pullHub.js';

/** A part of every member's id and of no other text, by which the test finds ids in output. */
const mark = 'f3a91c7e';
const crowd = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `user-${mark}-${from + index}`);
const hourMs = 3_600_000;

let hub: PullHub;
beforeAll(async () => {
  hub = await startPullHub();
});
afterEach(() => {
  for (const { control } of [hub.mixpanel, hub.amplitude])
    for (const { id } of control.faults()) control.removeFault(id ?? '');
  hub.mixpanel.control.setProfile({ queryPageSize: 1_000 });
  hub.amplitude.control.setProfile({ cohortPolls: 2, cohortFile: 'link' });
});
afterAll(() => hub?.stop());

let made = 0;
const newId = (): string => String(1_000 + ++made);
const isOver = ({ state, lastSuccessAt }: Pull): boolean => state === 'WAITING' && lastSuccessAt !== null;

/** Advances the partners' clocks by an hour, and resets the hub's record of its requests. */
async function passHour(): Promise<void> {
  hub.mixpanel.control.advanceClock(hourMs + 10_000);
  hub.amplitude.control.advanceClock(hourMs + 10_000);
  await hub.sql`update pull_usage set step_times_ms = '{}', pull_times_ms = '{}'`;
  await hub.sql`update cohort_pull set due_at = now() where deferral_code = 'budget_spent'`;
}

describe.each<Partner>(['mixpanel', 'amplitude'])('a pulled cohort of %s', (partner) => {
  it('has exactly the partner’s members, and a later pull applies only the differences', async () => {
    const id = newId();
    hub.setCohort(partner, id, crowd(0, 2_500));
    const cohort = await hub.follow(partner, id);
    expect(await hub.applied(cohort, 1)).toEqual([
      { state: 'APPLIED', addedCount: 2_500, removedCount: 0, unchangedCount: 0 },
    ]);
    expect(await hub.members(cohort)).toEqual(crowd(0, 2_500).sort());
    await hub.waitForPull(cohort, isOver);
    hub.setCohort(partner, id, crowd(400, 2_600));
    await hub.pullNow(cohort);
    expect((await hub.applied(cohort, 2))[0]).toEqual({
      state: 'APPLIED',
      addedCount: 100,
      removedCount: 400,
      unchangedCount: 2_100,
    });
    expect(await hub.members(cohort)).toEqual(crowd(400, 2_600).sort());
  });

  it('is empty when the partner’s cohort is empty', async () => {
    const id = newId();
    hub.setCohort(partner, id, []);
    const cohort = await hub.follow(partner, id);
    expect(await hub.applied(cohort, 1)).toMatchObject([{ addedCount: 0 }]);
  });

  it('waits while the partner refuses requests, and then continues', async () => {
    const id = newId();
    hub.setCohort(partner, id, crowd(0, 1_500));
    const { control } = hub[partner];
    const path = partner === 'mixpanel' ? '/api/query/engage' : `/api/5/cohorts/request/${id}`;
    control.addFault({
      when: 'before-parse',
      match: { path, count: 1 },
      action: { kind: 'status', status: 429, body: { error: 'slow down' }, headers: { 'retry-after': '2' } },
    });
    const cohort = await hub.follow(partner, id);
    expect(await hub.waitForPull(cohort, ({ deferral }) => deferral !== null)).toMatchObject({
      state: 'RUNNING',
      deferral: { code: 'throttled' },
    });
    await hub.applied(cohort, 1);
    expect(await hub.members(cohort)).toEqual(crowd(0, 1_500).sort());
  });

  it('keeps its members when the partner has deleted it', async () => {
    const id = newId();
    hub.setCohort(partner, id, crowd(0, 10));
    const cohort = await hub.follow(partner, id);
    await hub.applied(cohort, 1);
    await hub.waitForPull(cohort, isOver);
    await hub.sql`update cohort set partner_id = partner_id || '0' where id = ${cohortKeyOf(cohort)}`;
    await hub.pullNow(cohort);
    expect(await hub.waitForPull(cohort, ({ state }) => state === 'FAILED')).toMatchObject({
      failure: { code: 'no_such_cohort', recovery: 'NONE' },
    });
    expect(await hub.members(cohort)).toHaveLength(10);
  });
});

describe('a worker that is killed during a pull', () => {
  it('from Mixpanel is replaced by another one, which continues from the cursor', async () => {
    await passHour();
    hub.mixpanel.control.setProfile({ queryPageSize: 100 });
    hub.mixpanel.control.addFault({
      when: 'before-parse',
      match: { path: '/api/query/engage' },
      action: { kind: 'delay', ms: 150 },
    });
    const id = newId();
    hub.setCohort('mixpanel', id, crowd(0, 2_000));
    const before = hub.requests('mixpanel').length;
    const cohort = await hub.follow('mixpanel', id);
    await hub.waitForPull(cohort, ({ progress }) => (progress?.memberCount ?? 0) >= 500);
    await hub.killWorker();
    // Mixpanel fixes the members of a session at its start.
    hub.setCohort('mixpanel', id, crowd(0, 5));
    expect(await hub.pull(cohort)).toMatchObject({ state: 'RUNNING', progress: { expectedMemberCount: 2_000 } });
    await hub.startWorker();
    await hub.applied(cohort, 1);
    expect(await hub.members(cohort)).toEqual(crowd(0, 2_000).sort());
    // A list, 20 pages and an empty one; possibly also a repetition of the page in flight.
    expect(hub.requests('mixpanel').length - before).toBeLessThanOrEqual(23);
  });

  it('from Amplitude is replaced by another one, which does not order a second file', async () => {
    const id = newId();
    hub.setCohort('amplitude', id, crowd(0, 3_000));
    const cohort = await hub.follow('amplitude', id);
    const orders = () => hub.requests('amplitude').filter(({ path }) => path === `/api/5/cohorts/request/${id}`).length;
    // An order without a read response is repeated: Amplitude accepts no idempotency key for it.
    const isKept = async (): Promise<boolean> =>
      (await hub.sql`select 1 from cohort_pull where cohort_id = ${cohortKeyOf(cohort)} and cursor is not null`)
        .length === 1;
    await expect.poll(isKept, { timeout: 10_000 }).toBe(true);
    await hub.killWorker();
    await hub.startWorker();
    await hub.applied(cohort, 1);
    expect(await hub.members(cohort)).toEqual(crowd(0, 3_000).sort());
    expect(orders()).toBe(1);
  });
});

describe('the limits of a partner', () => {
  it('of Mixpanel are respected: a pull waits after 60 requests in an hour, none of which was refused', async () => {
    await passHour();
    hub.mixpanel.control.setProfile({ queryPageSize: 20 });
    const id = newId();
    hub.setCohort('mixpanel', id, crowd(0, 1_210));
    const since = hub.requests('mixpanel').length;
    const cohort = await hub.follow('mixpanel', id);
    const held = await hub.waitForPull(cohort, ({ deferral }) => deferral !== null);
    expect(held).toMatchObject({
      state: 'RUNNING',
      deferral: { code: 'budget_spent', detail: expect.stringContaining('60 steps in 60 minutes') },
    });
    expect(
      hub
        .requests('mixpanel')
        .slice(since)
        .map(({ status }) => status),
    ).toEqual(Array.from({ length: 60 }, () => 200));
    await passHour();
    await hub.applied(cohort, 1);
    expect(await hub.members(cohort)).toEqual(crowd(0, 1_210).sort());
  });

  it('of Amplitude, used up by other clients, make a pull wait with the reason and keep its members', async () => {
    const id = newId();
    hub.setCohort('amplitude', id, crowd(0, 10));
    const cohort = await hub.follow('amplitude', id);
    await hub.applied(cohort, 1);
    await hub.waitForPull(cohort, isOver);
    hub.amplitude.control.addFault({
      when: 'before-parse',
      match: { path: `/api/5/cohorts/request/${id}` },
      action: { kind: 'status', status: 429, body: { error: { http_code: 429 } } },
    });
    await hub.pullNow(cohort);
    expect(await hub.waitForPull(cohort, ({ deferral }) => deferral !== null)).toMatchObject({
      state: 'RUNNING',
      deferral: { code: 'throttled' },
    });
    expect(await hub.members(cohort)).toHaveLength(10);
  });
});

it('a truncated file of Amplitude is fetched again, and no member is missing', async () => {
  const id = newId();
  hub.setCohort('amplitude', id, crowd(0, 30_000));
  hub.amplitude.control.setProfile({ cohortFile: 'inline', cohortPolls: 1 });
  const jobs = hub
    .requests('amplitude')
    .filter(({ path, status }) => status === 202 && /\/cohorts\/request\/[^/]+$/.test(path)).length;
  hub.amplitude.control.addFault({
    when: 'before-parse',
    match: { path: `/api/5/cohorts/request/job${jobs + 1}/file`, count: 1 },
    action: { kind: 'truncatedBody', sentBytes: 900_000 },
  });
  const cohort = await hub.follow('amplitude', id);
  expect(await hub.waitForPull(cohort, ({ deferral }) => deferral !== null)).toMatchObject({
    deferral: { code: 'http_502' },
  });
  expect(await hub.applied(cohort, 1)).toMatchObject([{ addedCount: 30_000 }]);
  expect(await hub.members(cohort)).toEqual(crowd(0, 30_000).sort());
});

it('credentials are sent to Amplitude’s API, but not to its file storage', () => {
  const asked = hub.requests('amplitude').filter(({ status }) => status === 200 || status === 202 || status === 302);
  const files = asked.filter(({ path }) => path.startsWith('/_s3/'));
  expect(files.length).toBeGreaterThan(3);
  expect(files.every(({ authorized }) => !authorized)).toBe(true);
  expect(asked.filter(({ path }) => path.startsWith('/api/')).every(({ authorized }) => authorized)).toBe(true);
});

it('no process logs a credential or the id of a member', () => {
  expect(hub.logLines.some((line) => line.includes('"event":"pull_step.finished"'))).toBe(true);
  for (const line of hub.logLines)
    for (const word of [mark, ...Object.values(secrets)]) expect(line).not.toContain(word);
});
