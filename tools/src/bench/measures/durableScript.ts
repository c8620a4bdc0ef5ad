import { setTimeout as wait } from 'node:timers/promises';
import { nodeFlags } from '@currents/cli';
import { connect } from '@currents/core';
import { startPostgres } from '../../services/postgres.js';
import type { Cleanup } from '../bench.js';
import type { BenchDestinationName } from '../destinations.js';
import { postmasterOf } from '../hub/openHub.js';
import type { DurableScript } from '../programs/durableScript.js';
import type { Traffic } from '../programs/open.js';
import { startProgram } from '../programs/program.js';
import { measureThroughput, type Throughput } from './throughput.js';

const settleMs = 30_000;
const lookMs = 20;

/** Starts the durable script with a Postgres of its own and the hub's flags of Node; the result sends events through it. */
export async function openDurableScript(
  traffic: Traffic,
  { sinkUrl, destination }: { readonly sinkUrl: string; readonly destination: BenchDestinationName },
  cleanup: Cleanup,
): Promise<(events: number) => Promise<Throughput>> {
  const postgres = await startPostgres({ durable: true });
  cleanup.add('the Postgres of the durable script', postgres.stop);
  const sql = connect(postgres.url, { max: 1, name: 'bench' });
  cleanup.add('a database connection', () => sql.end());
  const start = () => {
    const program = startProgram<DurableScript>('durableScript', nodeFlags);
    cleanup.add('the durable script', program.stop);
    return program;
  };
  const [storing, forwarding] = [start(), start()];
  const url = await storing.call('listen', postgres.url);
  await forwarding.call('forward', { databaseUrl: postgres.url, sinkUrl, destination });
  const ids = { storing: storing.id, forwarding: forwarding.id, postgres: await postmasterOf(sql) };
  const script = { sql, url, token: 'bench', currentId: 0, processes: () => ids };
  return (events) => measureThroughput(script, traffic, events, untilForwarded);

  async function untilForwarded(): Promise<void> {
    for (const endMs = Date.now() + settleMs; ; await wait(lookMs)) {
      const [row] = await sql<{ rows: number }[]>`select count(*)::int as rows from durable_script`;
      if (row?.rows === 0) return;
      if (Date.now() > endMs)
        throw new Error(`all events arrived, but not all rows are gone after ${settleMs / 1000} s`);
    }
  }
}
