import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBackup } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { startConnectionLoss, type Loss } from './connectionLoss.js';
import { runNode } from './programs.js';

/** What the programs of an operator say when their connection to the database is lost. */

const cli = fileURLToPath(new URL('../../../apps/cli/bin/currents.mjs', import.meta.url));
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'currents-lost-'));
  await writeBackup(database.url, join(folder, 'whole.backup'), { onProgress: () => undefined });
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await database.drop();
});

/** Runs a command on a database whose connections end at a query, and returns what it said. */
async function runBehind(words: readonly string[], loss: Loss, isAsked: (bytes: Buffer) => boolean) {
  const proxy = await startConnectionLoss(database.url, loss, isAsked);
  try {
    const environment = {
      DATABASE_URL: proxy.url,
      MASTER_KEY: randomBytes(32).toString('base64'),
      HTTPS_PROXY: 'http://127.0.0.1:9',
      API_PORT: '0',
      WORKER_PORT: '0',
    };
    const ended = await runNode([cli, ...words], environment, folder);
    expect(proxy.lost(), ended.output).toBeGreaterThan(0);
    return ended;
  } finally {
    proxy.close();
  }
}

/** The driver's first query on a connection, whose rejection is not handled. */
const asksForTypes = (bytes: Buffer): boolean => bytes.includes('typarray');

describe.each<Loss>(['reset', 'ended by the server'])('a connection that is %s while it is being opened', (loss) => {
  it.each([['backup', 'new.backup'], ['restore', 'whole.backup'], ['migrate'], ['admin-token', 'ana']])(
    'ends %s with one line',
    async (...words) => {
      const { exitCode, output } = await runBehind(words, loss, asksForTypes);
      expect(output).toMatch(/^[a-z]+: the database that DATABASE_URL names (cannot be reached|refuses the hub).*\n$/);
      expect(exitCode).toBe(1);
      expect(await readdir(folder)).toEqual(['whole.backup']);
    },
  );

  it('is a line of doctor, which goes on', async () => {
    const { exitCode, output } = await runBehind(['doctor'], loss, asksForTypes);
    expect(output).toMatch(/^not ok +database +the database that DATABASE_URL names /m);
    expect(output).toMatch(/\n\d+ not ok\.\n$/);
    expect(exitCode).toBe(1);
  });
});

/** A statement of BullMQ's migrations, which have a client of their own. */
const migratesQueue = (bytes: Buffer): boolean => bytes.includes('pg_advisory_xact_lock($1, hashtext');

it.each<Loss>(['reset', 'closed', 'ended by the server'])(
  'a connection that is %s while the tables of the queue are made ends migrate with one line',
  async (loss) => {
    const { exitCode, output } = await runBehind(['migrate'], loss, migratesQueue);
    expect(output).toMatch(/^migrate: the database that DATABASE_URL names (cannot be reached|refuses the hub).*\n$/);
    expect(exitCode).toBe(1);
  },
);
