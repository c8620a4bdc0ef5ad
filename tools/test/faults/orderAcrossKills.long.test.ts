import { setTimeout as wait } from 'node:timers/promises';
import type { Sql } from '@currents/core';
import { afterEach, expect, it } from 'vitest';
import { outOfOrder } from '../../src/fakes/outOfOrder.js';
import { createRandom } from '../../src/fakes/random.js';
import { startProgram, type Program } from '../../src/hub/program.js';
import { insertIdOf, shownAtAmplitude, startAmplitudeHub, type AmplitudeHub } from '../endToEnd/amplitudeHub.js';
import { events } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { until } from '../endToEnd/until.js';

/** Each decides whose the events are, and when the workers are killed. */
const seeds = [1, 2, 3];
const projects = ['first', 'second', 'third', 'fourth'];
const users = 12;
const requests = 60;
const eventsPerRequest = 10;
/** Half of the events are of one user, who has to wait for most of them. */
const settings = { endpoint: 'httpapi', eventsPerSecondPerKey: 12 };
const kills = 3;

let hub: AmplitudeHub | undefined;
const workers = new Map<number, Program>();
afterEach(async () => {
  await Promise.all([...workers.values()].map((worker) => worker.stop()));
  workers.clear();
  await hub?.stop();
});

/** Adds the worker that has started since the last call, by the id of its lease. */
async function register(sql: Sql, worker: Program): Promise<void> {
  const rows = await sql<{ id: number }[]>`select id from worker_lease order by started_at`;
  const [id] = rows.map((row) => row.id).filter((each) => !workers.has(each));
  if (id === undefined) throw new Error('expected a lease of the worker that has started, got none');
  workers.set(id, worker);
}

/** A worker that owns a Current, while a delivery of it is under way and others are deferred. */
async function ownerUnderWay(sql: Sql): Promise<{ readonly workerId: number; readonly currentId: number }> {
  const find = () => sql<{ workerId: number; currentId: number }[]>`
    select o.worker_id as "workerId", o.current_id as "currentId" from current_owner o
    where exists (select from delivery d where d.current_id = o.current_id and d.lease / 4294967296 = o.worker_id)
      and exists (select from delivery d where d.current_id = o.current_id and d.deferred is not null)
    limit 1`;
  const [found] = await until(find, ({ length }) => length === 1, 30_000);
  return found as NonNullable<typeof found>;
}

it.each(seeds)(
  'events of a user arrive in order though owners of their Current are killed while they are throttled: seed %i',
  async (seed) => {
    const opened = (hub = await startAmplitudeHub({
      projects: Object.fromEntries(projects.map((project) => [project, {}])),
    }));
    const { sql } = opened;
    const { control } = opened.amplitude;
    // Requests are under way for a while, before Amplitude stores their events and after it.
    control.addFault({ match: { probability: 0.5 }, action: { kind: 'delay', ms: 150 } });
    control.addFault({ when: 'after-store', match: { probability: 0.5 }, action: { kind: 'delay', ms: 150 } });
    const [first] = opened.hub.workers;
    await register(sql, first as Program);
    const startWorker = async (): Promise<void> =>
      register(sql, await startProgram('worker', { environment: { ...opened.hub.environment, WORKER_PORT: '0' } }));
    await startWorker();
    const currents = new Map<string, number>();
    for (const project of projects) currents.set(project, await opened.launch(project, { settings }));

    const [random, randomWait] = [createRandom(seed), createRandom(seed + 1_000)];
    const userOfEvent = new Map<string, string>();
    const send = async (): Promise<void> => {
      for (let request = 0; request < requests; request++) {
        const sent = events(eventsPerRequest).map((event) => {
          const user = `user-${Math.max(0, Math.floor(random() * 2 * users) - users)}`;
          userOfEvent.set(event.id, user);
          return { ...event, user: { external_user_id: user } };
        });
        expect(await opened.post(sent)).toMatchObject({ status: 200 });
      }
    };
    const sending = send();
    const taken: number[] = [];
    for (let killed = 0; killed < kills; killed++) {
      await wait(randomWait() * 500);
      const { workerId, currentId } = await ownerUnderWay(sql);
      await workers.get(workerId)?.kill();
      workers.delete(workerId);
      taken.push(currentId);
      await until(
        () => sql<{ id: number }[]>`select worker_id as id from current_owner where current_id = ${currentId}`,
        ([owner]) => owner !== undefined && owner.id !== workerId,
        30_000,
      );
      await startWorker();
    }
    await sending;

    expect(taken).toHaveLength(kills);
    const ids = [...userOfEvent.keys()];
    for (const [project, current] of currents) {
      const counts = await until(
        () => ledgerOf(sql, current),
        ({ pending }) => pending === 0,
        120_000,
      );
      expect(counts).toMatchObject({ selected: ids.length, delivered: ids.length });
      const ledger = control.ledger();
      const arrived = ledger.stored.filter((event) => event.project === project).map(insertIdOf);
      expect(outOfOrder(arrived, userOfEvent), `seed ${seed}, ${project}`).toEqual([]);
      expect([...shownAtAmplitude(ledger, project).keys()].sort()).toEqual([...ids].sort());
    }
  },
  240_000,
);
