import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import {
  connect,
  createHttp,
  createHubReporter,
  createIngest,
  checkMasterKey,
  createLog,
  createMetrics,
  createSeal,
  createSignInFailures,
  createTokenRates,
  drawShard,
  findImportPartner,
  listenFailure,
  type Metrics,
  migrate,
  networkOf,
  openAdmin,
  oncePerMinute,
  openHubStatus,
  openStoredTap,
  openTailReaders,
  openTracing,
  openWakeSender,
  openWriter,
  queueConnectionOf,
  registerHubGauges,
  runProgram,
  stopOnSignal,
  surviveLostConnections,
  storePush,
  tracingOptionsOf,
  watchImportKeys,
  watchAdminTokens,
  watchConsoleSessions,
  watchIngestTokens,
} from '@currents/core';
import { createRequestBodies } from './body/requestBodies.js';
import { readConfig, readShownSettings, type Config } from './config.js';
import { connectors, segmentExports } from './connectors.js';
import { provideFirstToken } from './firstAdminToken.js';
import { registerEndpoints } from './registerEndpoints.js';
import { createServer } from './server.js';

const megabyte = 1024 * 1024;
/** Batches stored at once. With one, requests that arrive during a commit form the next batch; larger batches cost less per event. */
const maxConcurrentCommits = 1;
const hourMs = 3_600_000;
/** Timeout of requests to partners that an admin's query waits for. */
const adminRequestMs = 20_000;

/** Where `npm run build` puts the console. */
const consoleDirectory = fileURLToPath(new URL('../../console/dist', import.meta.url));

/** Starts the api. SIGTERM or SIGINT stops it once everything it accepted is stored. */
async function main(config: Config): Promise<void> {
  const log = createLog('api', config.LOG_LEVEL);
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
  const tracing = config.TRACES_ENABLED
    ? await openTracing({ ...tracingOptionsOf(config), service: 'currents-api', passesOn: false, log })
    : undefined;
  const sql = connect(config.DATABASE_URL, { max: 4, name: 'api' });
  const metrics = createMetrics();
  const sender = openWakeSender(queueConnectionOf(config), { onError: oncePerMinute(log) });
  const tokens = await watchIngestTokens(sql, (error) =>
    log.warn({ event: 'ingest_tokens.load_failed', err: error }, 'the ingest tokens could not be read'),
  );
  const onTailError = oncePerMinute(log, { event: 'tail.failed', message: 'the live tail failed; events are stored' });
  const tap = await openStoredTap({ sql, onError: onTailError });
  const liveTail = openTailReaders({ sql, onError: onTailError });
  const writer = openWriter(config.DATABASE_URL, { max: maxConcurrentCommits, name: 'ingest' });
  const ingest = createIngest(writer, {
    connectors,
    batchEvents: 4_000,
    queuedBytes: config.INGEST_QUEUE_MEGABYTES * megabyte,
    commits: maxConcurrentCommits,
    commitDelayMs: config.INGEST_COMMIT_DELAY_MS,
    shard: drawShard(),
    onStored: (currentIds) => currentIds.forEach(sender.wake),
    tap,
    quarantine: {
      maxBytes: config.QUARANTINE_MEGABYTES * megabyte,
      onOverBudget: createOverBudgetReport(log, metrics),
    },
  });
  const importKeys = await watchImportKeys(sql, (error) =>
    log.warn({ event: 'import_keys.load_failed', err: error }, 'the data import keys could not be read'),
  );
  const adminTokens = await watchAdminTokens(sql, (error) =>
    log.warn({ event: 'admin_tokens.load_failed', err: error }, 'the admin tokens could not be read'),
  );
  const sessions = await watchConsoleSessions(sql, (error) =>
    log.warn({ event: 'console_sessions.load_failed', err: error }, 'the sessions of the console could not be read'),
  );
  const http = createHttp({ timeoutMs: adminRequestMs, connections: 8, ...networkOf(config) });
  const admin = openAdmin({
    databaseUrl: config.DATABASE_URL,
    sql,
    connectors,
    segmentExports,
    seal,
    allowBaseUrl: config.ALLOW_CUSTOM_BASE_URL,
    http,
    wake: sender.wake,
    wakePull: sender.wakePull,
  });
  const hubStatus = openHubStatus({
    databaseUrl: config.DATABASE_URL,
    windowMs: config.RETRY_WINDOW_HOURS * hourMs,
    quarantineMaxBytes: config.QUARANTINE_MEGABYTES * megabyte,
    seal,
  });
  const hub = createHubReporter({
    sql,
    databaseUrl: config.DATABASE_URL,
    settings: readShownSettings(process.env),
    queueBackend: config.REDIS_URL === undefined ? 'postgres' : 'redis',
    queueDepth: sender.depth,
  });
  registerHubGauges(metrics.registry, hubStatus);
  const maxBodyBytes = config.INGEST_BODY_MEGABYTES * megabyte;
  // A request holds its body compressed and decompressed at once, and a part of the budget is kept for small requests.
  const bodies = createRequestBodies({ maxBytes: Math.max(config.REQUEST_MEGABYTES * megabyte, 3 * maxBodyBytes) });
  let isStopping = false;
  const app = createServer({
    log,
    metrics,
    bodies,
    retryAfterSeconds: config.RETRY_AFTER_SECONDS,
    trustedProxies: config.TRUSTED_PROXIES,
    isStopping: () => isStopping,
    ready: async () => void (await sql`select 1`),
  });
  const signInFailures = createSignInFailures({ log, count: metrics.signInFailed });
  const rates = createTokenRates({
    eventsPerSecond: config.INGEST_TOKEN_EVENTS_PER_SECOND,
    bytesPerSecond: config.INGEST_TOKEN_BYTES_PER_SECOND,
  });
  await registerEndpoints(app, {
    events: { ingest, tokens, signInFailures, rates, metrics, bodies, maxBodyBytes, tracing },
    cohorts: {
      connectors,
      importKeys,
      signInFailures,
      metrics,
      bodies,
      storePush: (push) => storePush({ sql, onStored: (cohortIds) => cohortIds.forEach(sender.wakeCohort) }, push),
      isRegistered: async (partner) => (await findImportPartner(admin, partner)).kind === 'ImportPartner',
      partnerKey: config.PARTNER_API_KEY,
      maxBodyBytes,
      maxQueuedBytes: config.INGEST_QUEUE_MEGABYTES * megabyte,
    },
    admin: { admin, hubStatus, hub, liveTail, bodies },
    signIn: { tokens: adminTokens, sessions, signInFailures },
    consoleDirectory,
  });

  const onDrain = (): void => {
    isStopping = true;
    // A reader would hold its connection until the end of the drain time; it asks another process now.
    void liveTail.stop();
  };
  const drain = { forMs: config.DRAIN_SECONDS * 1_000, onStart: onDrain };
  stopOnSignal('api', log, drain, async () => {
    await app.close();
    signInFailures.stop();
    bodies.stop();
    await ingest.drain();
    await tracing?.stop();
    await admin.close();
    await hubStatus.close();
    await http.close();
    await tokens.stop();
    await importKeys.stop();
    await adminTokens.stop();
    await sessions.stop();
    await tap.stop();
    await sender.close();
    await writer.end();
    await sql.end();
  });
  const { API_HOST: host, API_PORT: port } = config;
  const variables = { host: 'API_HOST', port: 'API_PORT' };
  const url = await app.listen({ host, port }).catch((error: unknown) => {
    throw listenFailure(error, { host, port, variables });
  });
  // After listening: a process that cannot listen must not use up the only display of the token.
  await provideFirstToken(admin, config, log);
  log.info({ event: 'api.ready', url });
  process.send?.({ ready: url });
}

/** Counts events that are quarantined without their bodies, and logs at most one line of them a minute. */
function createOverBudgetReport(log: ReturnType<typeof createLog>, metrics: Metrics) {
  let loggedMs = -Infinity;
  return (tokenId: number, events: number): void => {
    metrics.quarantinedOverBudget(events);
    if (performance.now() - loggedMs < 60_000) return;
    loggedMs = performance.now();
    log.warn(
      { event: 'quarantine.over_budget', tokenId, events },
      'the quarantine is full: events are counted, and their bodies are not kept; purge it or raise QUARANTINE_MEGABYTES',
    );
  };
}

await runProgram('api', () => main(readConfig(process.env)));
