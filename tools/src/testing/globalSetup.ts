import type { TestProject } from 'vitest/node';
import { startPostgres } from '../services/postgres.js';
import { startRedis } from '../services/redis.js';
import { openDatabaseService } from './databaseLifecycle.js';

/**
 * Before a run: starts one Redis, and one Postgres for the tests that need it, unless `DATABASE_URL` and `REDIS_URL` name
 * servers. After the run: stops both.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const redis = process.env['REDIS_URL']
    ? { url: process.env['REDIS_URL'], stop: async () => undefined }
    : await startRedis();
  if (redis === undefined)
    console.warn('!! No redis-server on this machine and no REDIS_URL: TESTS ON REDIS DO NOT RUN.');
  const databases = await openDatabaseService(startDatabaseServer, migrate);
  project.provide('redisUrl', redis?.url ?? '');
  project.provide('databaseService', databases.url);
  return async () => {
    await Promise.all([databases.close(), redis?.stop()]);
  };
}

async function startDatabaseServer() {
  const url = process.env['DATABASE_URL'];
  return url ? { url, stop: async () => undefined } : startPostgres({ durable: false });
}

async function migrate(databaseUrl: string): Promise<void> {
  // A dynamic import, so that a run without databases does not load core.
  const core = await import('@currents/core');
  await core.migrate(databaseUrl);
}
