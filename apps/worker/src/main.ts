import type { AddressInfo } from 'node:net';
import {
  checkMasterKey,
  createLog,
  createMetrics,
  createSeal,
  migrate,
  queueConnectionOf,
  runProgram,
  startEngine,
  stopOnSignal,
  surviveLostConnections,
} from '@currents/core';
import { readConfig, type Config } from './config.js';
import { connectors } from './connectors.js';
import { createServer } from './server.js';

const hourMs = 3_600_000;

/** Starts the worker. SIGTERM or SIGINT stops it once every attempt in flight is recorded. */
async function main(config: Config): Promise<void> {
  const log = createLog('worker', config.LOG_LEVEL);
  surviveLostConnections(log);
  await migrate(config.DATABASE_URL);
  const seal = createSeal(config.MASTER_KEY);
  if (await checkMasterKey(config.DATABASE_URL, seal, { replace: config.REPLACE_MASTER_KEY }))
    log.warn(
      { event: 'master_key.replaced' },
      'the database has a new master key; credentials that were sealed with the former one have to be given again',
    );
  const metrics = createMetrics();
  const engine = await startEngine({
    connectors,
    seal,
    allowBaseUrl: config.ALLOW_CUSTOM_BASE_URL,
    databaseUrl: config.DATABASE_URL,
    queue: queueConnectionOf(config),
    log,
    metrics,
    windowMs: config.RETRY_WINDOW_HOURS * hourMs,
    requestMs: config.REQUEST_TIMEOUT_SECONDS * 1_000,
    retentionDays: config.RETENTION_DAYS,
    enforceBudgets: config.ENFORCE_BUDGETS,
  });
  const server = createServer({ log, metrics, ready: () => engine.ping() });
  server.listen(config.WORKER_PORT, config.WORKER_HOST, () => {
    const { address, port } = server.address() as AddressInfo;
    const url = `http://${address}:${port}`;
    log.info({ event: 'worker.ready', url });
    process.send?.({ ready: url });
  });

  stopOnSignal('worker', log, async () => {
    server.close();
    server.closeAllConnections();
    await engine.stop();
  });
}

await runProgram('worker', () => main(readConfig(process.env)));
