import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cohortKeyOf, secrets, startPullHub, type Partner, type Pull, type PullHub } from './pullHub.js';

/** In the id of every member, and in nothing else: by it an id is known wherever it may turn up. */
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

/** As if an hour had passed, for the partner and for what the hub remembers of having asked. */
async function passHour(): Promise<void> {
  hub.mixpanel.control.advanceClock(hourMs + 10_000);
  hub.amplitude.control.advanceClock(hourMs + 10_000);
  await hub.sql`update pull_usage set step_times_ms = '{}', pull_times_ms = '{}'`;
  await hub.sql`update cohort_pull set due_at = now() where deferral_code = 'budget_spent'`;
}

describe.each<Partner>(['mixpanel', 'amplitude'])('a cohort of %s that is pulled', (partner) => {
  it('is exactly the partner’s, and only what has changed since the last pull changes', async () => {
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

  it('that has nobody in it has nobody here', async () => {
    const id = newId();
    hub.setCohort(partner, id, []);
    const cohort = await hub.follow(partner, id);
    expect(await hub.applied(cohort, 1)).toMatchObject([{ addedCount: 0 }]);
  });

  it('waits when the partner refuses for a while, and goes on', async () => {
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

describe('a worker that is killed in mid-pull', () => {
  it('of Mixpanel leaves it to the next one, which goes on where it was', async () => {
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
    // Mixpanel shows a session the members of the moment at which it began.
    hub.setCohort('mixpanel', id, crowd(0, 5));
    expect(await hub.pull(cohort)).toMatchObject({ state: 'RUNNING', progress: { expectedMemberCount: 2_000 } });
    await hub.startWorker();
    await hub.applied(cohort, 1);
    expect(await hub.members(cohort)).toEqual(crowd(0, 2_000).sort());
    // A list, 20 pages and one that is empty; and perhaps the page that was under way at the time, once more.
    expect(hub.requests('mixpanel').length - before).toBeLessThanOrEqual(23);
  });

  it('of Amplitude leaves it to the next one, and no second file is made', async () => {
    const id = newId();
    hub.setCohort('amplitude', id, crowd(0, 3_000));
    const cohort = await hub.follow('amplitude', id);
    const orders = () => hub.requests('amplitude').filter(({ path }) => path === `/api/5/cohorts/request/${id}`).length;
    // An order whose answer nobody has read yet is made again: Amplitude takes no id by which it would know the second.
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
  it('of Mixpanel are kept: after 60 questions in an hour, a pull waits, and Mixpanel has refused none', async () => {
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

  it('of Amplitude are felt when others have used them up: the pull waits with its reason, and members stay', async () => {
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

it('a file of Amplitude’s that breaks off is fetched again, and nobody is missing', async () => {
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
    deferral: { code: 'broken_connection' },
  });
  expect(await hub.applied(cohort, 1)).toMatchObject([{ addedCount: 30_000 }]);
  expect(await hub.members(cohort)).toEqual(crowd(0, 30_000).sort());
});

it('credentials are shown to Amplitude, and to nobody where it keeps its files', () => {
  const asked = hub.requests('amplitude').filter(({ status }) => status === 200 || status === 202 || status === 302);
  const files = asked.filter(({ path }) => path.startsWith('/_s3/'));
  expect(files.length).toBeGreaterThan(3);
  expect(files.every(({ authorized }) => !authorized)).toBe(true);
  expect(asked.filter(({ path }) => path.startsWith('/api/')).every(({ authorized }) => authorized)).toBe(true);
});

it('no process says a credential or the id of a member', () => {
  expect(hub.said.some((line) => line.includes('"event":"pull_step.finished"'))).toBe(true);
  for (const line of hub.said) for (const word of [mark, ...Object.values(secrets)]) expect(line).not.toContain(word);
});
