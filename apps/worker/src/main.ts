import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  checkMasterKey,
  createLog,
  createMetrics,
  createSeal,
  listenFailure,
  migrate,
  networkOf,
  openTracing,
  queueConnectionOf,
  runProgram,
  startEngine,
  stopOnSignal,
  surviveLostConnections,
  tracingOptionsOf,
} from '@currents/core';
import { readConfig, readShownSettings, type Config } from './config.js';
import { connectors, segmentExports } from './connectors.js';
import { createServer } from './server.js';

const hourMs = 3_600_000;
const megabyte = 1024 * 1024;

/** Starts the worker. SIGTERM or SIGINT stops it once every attempt in flight is recorded. */
async function main(config: Config): Promise<void> {
  const log = createLog('worker', config.LOG_LEVEL);
  surviveLostConnections(log);
  await migrate(config.DATABASE_URL);
  const { seal, isReplaced } = await checkMasterKey(
    config.DATABASE_URL,
    createSeal(config.MASTER_KEY, config.MASTER_KEY_FALLBACKS),
    { replace: config.REPLACE_MASTER_KEY },
  );
  if (isReplaced)
    log.warn(
      { event: 'master_key.replaced' },
      'the database has a new master key; credentials that were sealed with the former one have to be given again',
    );
  const metrics = createMetrics();
  const tracing = config.TRACES_ENABLED
    ? await openTracing({
        ...tracingOptionsOf(config),
        service: 'currents-worker',
        passesOn: config.TRACES_TO_PARTNERS,
        log,
      })
    : undefined;
  const engine = await startEngine({
    tracing,
    connectors,
    segmentExports,
    seal,
    allowBaseUrl: config.ALLOW_CUSTOM_BASE_URL,
    databaseUrl: config.DATABASE_URL,
    queue: queueConnectionOf(config),
    log,
    metrics,
    network: networkOf(config),
    windowMs: config.RETRY_WINDOW_HOURS * hourMs,
    requestMs: config.REQUEST_TIMEOUT_SECONDS * 1_000,
    retentionDays: config.RETENTION_DAYS,
    settings: readShownSettings(process.env),
    enforceBudgets: config.ENFORCE_BUDGETS,
    notices: {
      smtpUrl: config.SMTP_URL,
      from: config.NOTICE_FROM ?? '',
      to: config.NOTICE_TO ?? [],
      groupMs: config.NOTICE_GROUP_SECONDS * 1_000,
      quarantineMaxBytes: config.QUARANTINE_MEGABYTES * megabyte,
      databaseMaxBytes: config.DATABASE_MEGABYTES * megabyte,
    },
  });
  let isStopping = false;
  const server = createServer({ log, metrics, isStopping: () => isStopping, ready: () => engine.ping() });
  // The drain time is for requests from outside, and a worker serves none: it finishes its attempts at once.
  const drain = { forMs: 0, onStart: () => void (isStopping = true) };
  stopOnSignal('worker', log, drain, async () => {
    await engine.stop();
    await tracing?.stop();
    server.close();
    server.closeAllConnections();
  });
  const url = await listen(server, config);
  log.info({ event: 'worker.ready', url });
  process.send?.({ ready: url });
}

async function listen(server: Server, { WORKER_HOST: host, WORKER_PORT: port }: Config): Promise<string> {
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    throw listenFailure(error, { host, port, variables: { host: 'WORKER_HOST', port: 'WORKER_PORT' } });
  });
  const { address, family, port: given } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${given}`;
}

await runProgram('worker', () => main(readConfig(process.env)));
