import { setTimeout as wait } from 'node:timers/promises';
import type { ChaosHub } from './hub.js';
import type { Timeline } from './timeline.js';

const everyMs = 500;
const countsEveryMs = 5_000;

interface CurrentReading {
  readonly id: number;
  readonly state: string;
  readonly held: boolean;
  readonly pending: number;
}

/** The states of all Currents and their pending events. Rejects while the database does not answer. */
export async function readCurrents({ sql }: ChaosHub): Promise<readonly CurrentReading[]> {
  return sql<CurrentReading[]>`
    select c.id, c.state, c.failures > 0 as held,
      coalesce((select sum(d.pending) from delivery d where d.current_id = c.id and d.pending > 0), 0)::int as pending
    from current c order by c.id`;
}

/** Notes the changes of the Currents' states, and repairs blocked ones as an admin does: tests their credentials. */
export function watchCurrents(hub: ChaosHub, timeline: Timeline, sent: { readonly accepted: number }) {
  const stopping = new AbortController();
  const states = new Map<number, string>();
  let countedMs = -Infinity;

  async function look(): Promise<void> {
    const readings = await readCurrents(hub);
    for (const { id, state, held } of readings) {
      const { project = `${id}` } = hub.currents.find(({ key }) => key === id) ?? {};
      const now = held ? `${state}, held` : state;
      const before = states.get(id);
      if (before !== now) timeline.add('state', project, before === undefined ? now : `${before} → ${now}`);
      states.set(id, now);
    }
    if (performance.now() - countedMs > countsEveryMs) {
      countedMs = performance.now();
      const pending = readings.map((reading) => reading.pending).join(', ');
      timeline.add('counts', 'hub', `${sent.accepted} events accepted; pending at each Current: ${pending}`);
    }
    for (const { id, state } of readings) if (state === 'blocked') await testCredentials(hub, id);
  }

  const watching = (async () => {
    while (!stopping.signal.aborted) {
      // While the database or the api is down there is nothing to see.
      await look().catch(() => undefined);
      await wait(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return async (): Promise<void> => {
    stopping.abort();
    await watching;
  };
}

async function testCredentials({ admin, currents }: ChaosHub, key: number): Promise<void> {
  const id = currents.find((current) => current.key === key)?.id;
  await admin.ask('mutation ($id: ID!) { testCredentials(input: { currentId: $id }) { __typename } }', { id });
}
