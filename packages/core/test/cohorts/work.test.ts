import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CohortChange, Member } from '@currents/connector';
import { createMetrics } from '@currents/core';
import { applyNext } from '../../src/cohorts/applyChanges.js';
import { startCohortWork } from '../../src/cohorts/cohortWork.js';
import { startSweeps } from '../../src/sweeps.js';
import { memberKey } from '../../src/cohorts/memberKey.js';
import { readSets, setTable } from '../../src/cohorts/memberSet.js';
import { openSession } from '../../src/db/session.js';
import { sweepMs, until } from '../deliveryHarness.js';
import { add, createDice, keys, openInbox, page, remove, user, users, type Inbox } from './cohortHarness.js';

let inbox: Inbox;
beforeAll(async () => {
  inbox = await openInbox();
});
afterAll(() => inbox.close());

const log = pino({ level: 'silent' });
const startWork = () => {
  const sweeps = startSweeps(inbox.sql, log, sweepMs);
  const work = startCohortWork({ databaseUrl: inbox.url, sweeps, log, metrics: createMetrics(), retentionDays: 14 });
  return { wake: work.wake, stop: () => Promise.all([sweeps.stop(), work.stop()]) };
};
const waiting = async () => (await inbox.sql`select from cohort_change where state = 'pending'`).count;
const applied = (withinMs?: number) => until(waiting, (count) => count === 0, withinMs);

/** A simulated partner: its members, and runs of changes with duplicates, retries, reordering and restarts. */
function createSender(seed: number) {
  const roll = createDice(seed);
  const below = (limit: number): number => Math.floor(roll() * limit);
  const cohort = { id: `sender-${seed}`, name: `Sender ${seed}` };
  const held = new Map<string, Member>();
  const draw = (): Member => {
    const id = String(below(60));
    return [user(id), { deviceId: id }, { alias: { label: 'l', name: id } }][
      below(10) < 8 ? 0 : 1 + below(2)
    ] as Member;
  };
  const shuffle = <Thing>(things: readonly Thing[]): Thing[] =>
    things
      .map((thing) => [roll(), thing] as const)
      .sort(([a], [b]) => a - b)
      .map(([, thing]) => thing);
  let runs = 0;
  const nowMs = () => 1_700_000_000_000 + runs * 60_000;

  const leaveAndEnter = () => {
    const entering = Array.from({ length: below(12) }, draw);
    const leaving = shuffle([...held.values()]).slice(0, below(8));
    for (const member of leaving) held.delete(memberKey(member));
    for (const member of entering) held.set(memberKey(member), member);
    const gone = leaving.filter((member) => !held.has(memberKey(member)));
    return { entering, gone };
  };
  const cut = (members: readonly Member[], size: number): Member[][] =>
    Array.from({ length: Math.max(1, Math.ceil(members.length / size)) }, (_, index) =>
      members.slice(index * size, (index + 1) * size),
    );

  /** Changes without a computation time, in order, some sent twice in a row. */
  function plain(): CohortChange[] {
    const { entering, gone } = leaveAndEnter();
    const changes = shuffle([
      ...cut(entering, 5).map((part) => add(part, { cohort })),
      ...cut(gone, 5).map((part) => remove(part, { cohort })),
    ]);
    return changes.flatMap((change) => (below(4) === 0 ? [change, change] : [change]));
  }
  /** Changes computed at one time: in any order, with duplicates, and with late changes of the previous run. */
  let before: CohortChange[] = [];
  function computed(): CohortChange[] {
    const { entering, gone } = leaveAndEnter();
    const at = { cohort, computedAtMs: nowMs() };
    const run = [...cut(entering, 5).map((part) => add(part, at)), ...cut(gone, 5).map((part) => remove(part, at))];
    const late = shuffle(before).slice(0, below(3));
    before = run;
    return shuffle([...run, ...shuffle(run).slice(0, 2), ...late]);
  }
  /** A whole membership: possibly an aborted session, then one whose pages arrive in any order, some twice. */
  function whole(): CohortChange[] {
    const broken = below(2) === 0 ? cut([...held.values(), draw()], 6) : [];
    leaveAndEnter();
    const pages = cut(shuffle([...held.values()]), 6);
    const session = (name: string, parts: readonly Member[][]) =>
      parts.map((part, index) => page(`${name}-${runs}`, index + 1, parts.length, part, cohort));
    const attempt = session('broken', broken).slice(0, Math.max(0, broken.length - 1));
    const good = shuffle(session('good', pages));
    const stragglers = attempt.splice(attempt.length - 1);
    return [...attempt, ...good.slice(0, 1), ...stragglers, ...good.slice(0, 2), ...good.slice(1)];
  }
  return {
    id: cohort.id,
    nextRun(kind: 'plain' | 'computed' | 'whole'): CohortChange[] {
      runs++;
      return { plain, computed, whole }[kind]();
    },
    held: () => [...held.keys()].sort(),
  };
}

describe('the membership', () => {
  it.each([
    ['adds and removes', ['plain']],
    ['runs with a time', ['computed']],
    ['whole memberships', ['whole']],
    ['whole memberships and deltas', ['whole', 'plain', 'plain']],
  ] as const)('equals that of a sender of %s', async (_name, kinds) => {
    for (let seed = 1; seed <= 8; seed++) {
      const sender = createSender(seed * 100 + made++);
      const roll = createDice(seed);
      for (let run = 0; run < 10; run++) {
        for (const change of sender.nextRun(kinds[run % kinds.length] as 'plain')) {
          await inbox.push([change]);
          if (roll() < 0.2) await inbox.apply();
        }
      }
      await inbox.apply();
      expect(await inbox.members(sender.id)).toEqual(sender.held());
    }
  });
  let made = 0;

  it('equals that of the senders while three workers apply concurrently and are killed repeatedly', async () => {
    const senders = Array.from({ length: 5 }, (_, index) => createSender(9_000 + index));
    let works = [startWork(), startWork(), startWork()];
    const roll = createDice(5);
    let killed = 0;
    for (let run = 0; run < 24; run++) {
      await Promise.all(
        senders.map(async (sender) => {
          for (const change of sender.nextRun(run % 3 === 0 ? 'whole' : 'plain')) {
            await inbox.push([change]);
            works[Math.floor(roll() * 3)]?.wake(
              (await inbox.sql<{ id: number }[]>`select id from cohort where partner_id = ${sender.id}`)[0]?.id ?? 0,
            );
          }
        }),
      );
      // Aborts transactions at any point, as the death of a worker does, but not while the driver opens a connection: the
      // driver would leave a rejection unhandled.
      killed += (
        await inbox.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'currents-cohorts' and datname = current_database() and query <> '' and query !~ 'typcategory|set_config'`
      ).count;
      if (run === 4) {
        await works[0]?.stop();
        works = [startWork(), ...works.slice(1)];
      }
    }
    expect(killed).toBeGreaterThan(4);
    // A worker that failed six times in a row on a cohort pauses half a minute for it.
    await applied(60_000);
    await Promise.all(works.map((work) => work.stop()));
    for (const sender of senders) expect(await inbox.members(sender.id)).toEqual(sender.held());
  }, 100_000);
});

describe('a worker that dies just', () => {
  it.each(['before the commit of adds', 'before the commit of a replacement'])(
    '%s leaves the old membership, and the next worker applies all changes',
    async (point) => {
      const cohort = { id: `crash ${point}`, name: 'Crash' };
      await inbox.push([add(users(1, 2, 3), { cohort })]);
      await inbox.apply();
      await inbox.push([point.endsWith('adds') ? add(users(4), { cohort }) : page('s', 1, 1, users(4), cohort)]);
      const [row] = await inbox.sql<{ id: number }[]>`select id from cohort where partner_id = ${cohort.id}`;
      const id = row?.id ?? 0;
      // The last statement of an application updates the cohort's row: with that row locked, the worker stops just before its commit.
      const dying = openSession(inbox.url, { name: 'dying', statementMs: 30_000 });
      let letGo = (): void => undefined;
      const held = new Promise<void>((resolve) => (letGo = resolve));
      const holder = inbox.sql.begin(async (tx) => {
        await tx`select from cohort where id = ${id} for no key update`;
        await held;
      });
      const attempt = applyNext(dying, id).then(
        () => 'applied',
        () => 'died',
      );
      await until(
        () =>
          inbox.sql`select from pg_stat_activity where datname = current_database() and application_name = 'currents-dying' and wait_event_type = 'Lock'`,
        (rows) => rows.count === 1,
      );
      const other = openSession(inbox.url, { name: 'other', statementMs: 30_000 });
      expect(await applyNext(other, id)).toEqual({ outcome: 'busy' });
      await inbox.sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'currents-dying'`;
      expect(await attempt).toBe('died');
      letGo();
      await holder;
      await other.end(1);
      await dying.end(1);
      expect(await inbox.members(cohort.id)).toEqual(keys(1, 2, 3));
      await inbox.apply();
      expect(await inbox.members(cohort.id)).toEqual(point.endsWith('adds') ? keys(1, 2, 3, 4) : keys(4));
      expect((await inbox.syncs(cohort.id)).at(-1)).toMatchObject({ added: point.endsWith('adds') ? 4 : 1 });
    },
  );
});

describe('a reader', () => {
  it('sees either the old or the new membership during repeated replacements, and never waits', async () => {
    const cohort = { id: 'swapped', name: 'Swapped' };
    const generation = (number: number) => Array.from({ length: 2_000 }, (_, index) => user(`${number}-${index}`));
    const work = startWork();
    let over = false;
    let seen = 0;
    let slowestMs = 0;
    const reader = (async () => {
      while (!over) {
        const startedMs = performance.now();
        const generations = await readSets(async () => {
          const [row] = await inbox.sql<
            { set_id: string | null }[]
          >`select set_id from cohort where partner_id = ${cohort.id}`;
          if (!row?.set_id) return undefined;
          return inbox.sql<{ generation: string; members: number }[]>`
            select split_part(member, '-', 1) as generation, count(*)::int as members from ${inbox.sql(setTable(row.set_id))} group by 1`;
        });
        slowestMs = Math.max(slowestMs, performance.now() - startedMs);
        if (generations === undefined) continue;
        seen++;
        expect(generations.map(({ members }) => members)).toEqual([2_000]);
      }
    })();
    for (let number = 1; number <= 12; number++) {
      const members = generation(number);
      await inbox.push([page(`s${number}`, 1, 2, members.slice(0, 1_000), cohort)]);
      await inbox.push([page(`s${number}`, 2, 2, members.slice(1_000), cohort)]);
      await applied();
    }
    over = true;
    await reader;
    await work.stop();
    expect(seen).toBeGreaterThan(20);
    expect(slowestMs).toBeLessThan(5_000);
    expect((await inbox.members(cohort.id)).length).toBe(2_000);
  });
});

describe('cleanup', () => {
  it('drops superseded sets, ends incomplete sessions, and deletes expired rows', async () => {
    const cohort = { id: 'cleanup', name: 'Cleanup' };
    await inbox.push([page('whole', 1, 1, users(1, 2), cohort)]);
    await inbox.push([page('next', 1, 1, users(1, 2, 3), cohort)]);
    await inbox.push([page('lost', 1, 2, users(4), cohort)]);
    await inbox.push([
      add(users(5), { cohort, computedAtMs: 1_000 }),
      remove(users(5), { cohort, computedAtMs: 2_000 }),
    ]);
    await inbox.apply();
    await inbox.sql`update unreferenced_set set unreferenced_since = now() - interval '1 minute'`;
    await inbox.sql`update cohort_change set stored_at = now() - interval '4 days'`;
    await inbox.sql`update cohort_sync set last_at = now() - interval '25 hours' where state = 'receiving'`;
    const work = startWork();
    await until(
      () => inbox.syncs(cohort.id),
      (syncs) => syncs.find(({ session }) => session === 'lost')?.['state'] === 'incomplete',
    );
    await until(
      async () => (await inbox.sql`select from unreferenced_set`).count,
      (left) => left === 0,
    );
    await until(
      async () =>
        (
          await inbox.sql`select from cohort_change c join cohort o on o.id = c.cohort_id where o.partner_id = ${cohort.id}`
        ).count,
      (left) => left === 0,
    );
    await work.stop();
    const tables = await inbox.sql<
      { name: string }[]
    >`select relname as name from pg_class where relname like 'member_set_%' and relkind = 'r'`;
    const sets = await inbox.sql<{ set_id: string }[]>`select set_id from cohort where set_id is not null`;
    expect(tables.map(({ name }) => name).sort()).toEqual(sets.map(({ set_id }) => setTable(set_id)).sort());
    expect(await inbox.sql`select from cohort_tombstone`).toHaveLength(0);
    expect(await inbox.members(cohort.id)).toEqual(keys(1, 2, 3));
  });
});
