import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { nodeFlags } from '@currents/cli';
import type { Cleanup, QueueKind } from '../bench.js';
import { checkTotals, readTotals, type Balance } from '../hub/balance.js';
import { openHub, withoutLimits } from '../hub/openHub.js';
import { openSink } from '../programs/open.js';
import type { Forwarder } from '../programs/forwarder.js';
import { startProgram, type Program } from '../programs/program.js';
import type { Sink } from '../programs/sink.js';
import type { Cell } from './cells.js';
import { addPartitions } from './partitions.js';

/** What takes events at `url` and posts them to a sink of its own: the hub or the bare forwarder. */
export interface Side {
  readonly url: string;
  readonly token: string;
  readonly sink: Program<Sink>;
  /** How often an accepted event arrives at the sink. */
  readonly copies: number;
  /** The ids of the measured processes, by name. */
  processes(): Readonly<Record<string, number>>;
  /** Resolves when no work is left for events that have arrived. */
  settle(): Promise<void>;
}

export interface HubSide extends Side {
  /** Compares the number of events that were accepted since the start with the ledger and the sink. */
  checkBalance(accepted: number): Promise<Balance>;
  /** The lines of the logs that are warnings and errors. */
  troubles(): Promise<readonly string[]>;
  readonly postgresVersion: string;
}

const settleMs = 60_000;
/** Looking is a query, whose cost counts as the hub's. */
const lookMs = 100;
/** Currents that are launched at the same time. */
const launches = 8;

/** Starts a hub with the Currents and partitions of the cell. */
export async function openHubSide(cell: Cell, queue: QueueKind, folder: string, cleanup: Cleanup): Promise<HubSide> {
  const { sink, url: sinkUrl } = await openSink(cleanup);
  const logs = join(folder, cell.name);
  await mkdir(logs, { recursive: true });
  const hub = await openHub({ queue, sinkUrl, folder: logs }, cleanup);
  if (!hub) throw new Error('there is no redis-server on this machine');
  await addPartitions(hub.sql, cell.pastDays);
  let launched = 1;
  const launchOthers = async (): Promise<void> => {
    while (launched < cell.currents)
      await hub.launch('mixpanel', { baseUrl: sinkUrl, ...withoutLimits }, `mixpanel ${++launched}`);
  };
  await Promise.all(Array.from({ length: launches }, launchOthers));
  await sink.call('answerAfter', cell.partnerMs);
  const [row] = await hub.sql<{ version: string }[]>`select current_setting('server_version') as version`;

  const readPending = async (): Promise<number> => {
    const { selected, delivered, skipped, rejected, expired } = await readTotals(hub);
    return selected - delivered - skipped - rejected - expired;
  };
  return {
    url: hub.url,
    token: hub.token,
    sink,
    copies: cell.currents,
    processes: hub.processes,
    async settle() {
      for (const endMs = Date.now() + settleMs; (await readPending()) > 0; await wait(lookMs))
        if (Date.now() > endMs)
          throw new Error(`all events arrived, but not all were recorded in ${settleMs / 1000} s`);
    },
    async checkBalance(accepted) {
      return checkTotals(hub, accepted * cell.currents, (await sink.call('arrivals')).events);
    },
    troubles: hub.troubles,
    postgresVersion: row?.version ?? 'unknown',
  };
}

/** Starts a bare forwarder with the api's flags of Node. It posts each event once, however many Currents the hub has. */
export async function openForwarderSide({ partnerMs }: Cell, cleanup: Cleanup): Promise<Side> {
  const { sink, url: sinkUrl } = await openSink(cleanup);
  const forwarder = startProgram<Forwarder>('forwarder', nodeFlags);
  cleanup.add('a bare forwarder', forwarder.stop);
  await sink.call('answerAfter', partnerMs);
  return {
    url: await forwarder.call('listen', sinkUrl),
    token: 'bench',
    sink,
    copies: 1,
    processes: () => ({ forwarder: forwarder.id }),
    // It answers only after the partner, so that nothing is left to do.
    settle: () => Promise.resolve(),
  };
}
