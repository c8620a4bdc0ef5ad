import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, createSeal, migrate, restoreBackup, writeBackup, type Sql } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { until } from '../endToEnd/until.js';
import { readDatabaseRows } from '../upgrade/databaseRows.js';
import { readRelease, restoreRelease } from '../upgrade/release.js';
import { emptyDatabase } from './emptyDatabase.js';
import { runNode, startNode } from './programs.js';

const quiet = { onProgress: () => undefined };
const databases: TestDatabase[] = [];
const pools: Sql[] = [];
let folder: string;
let original: { readonly url: string; readonly sql: Sql };
let masterKey: string;
let path: string;

async function database(): Promise<{ readonly url: string; readonly sql: Sql }> {
  const made = await createTestDatabase();
  databases.push(made);
  const sql = connect(made.url, { max: 1, name: 'test' });
  pools.push(sql);
  return { url: made.url, sql };
}

/** A database like that of a new installation. */
async function empty(): Promise<{ readonly url: string; readonly sql: Sql }> {
  const made = await database();
  await emptyDatabase(made.sql);
  return made;
}

let shared: ReturnType<typeof empty> | undefined;
/** An empty database that every test has to leave so. */
const nothing = (): ReturnType<typeof empty> => (shared ??= empty());

const rowsOf = async (sql: Sql) => {
  const { tables, sequences, migrations } = await readDatabaseRows(sql);
  // Ids that receivers know deliveries by go on after a gap.
  const { segment_change_id: changes, notice_message_id_seq: messages, ...kept } = sequences;
  return { tables, migrations, kept, outward: { changes, messages } };
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'currents-backup-'));
  path = join(folder, 'currents.backup');
  const release = await readRelease('before-0.1.0.json');
  masterKey = release.secrets.masterKey;
  original = await database();
  await restoreRelease(original.url, release, release.secrets.urls);
  await migrate(original.url);
  await writeBackup(original.url, path, quiet);
});
afterAll(async () => {
  for (const sql of pools) await sql.end();
  for (const each of databases) await each.drop();
  await rm(folder, { recursive: true });
});

it('a restored database has every row of every table, and the same migrations', async () => {
  const { url, sql } = await empty();
  await restoreBackup(url, path, { ...quiet, seal: createSeal(Buffer.from(masterKey, 'base64')) });
  const [before, after] = [await rowsOf(original.sql), await rowsOf(sql)];
  expect(Object.keys(before.tables).length).toBeGreaterThan(30);
  expect({ ...after, outward: before.outward }).toEqual(before);
  expect(Number(after.outward.changes)).toBe(Number(before.outward.changes) + 1_000_000_000);
});

it('a backup of a former release is restored, and brought up to date', async () => {
  const release = await readRelease('before-0.1.0.json');
  const former = await database();
  await restoreRelease(former.url, release, release.secrets.urls);
  const formerPath = join(folder, 'former.backup');
  const summary = await writeBackup(former.url, formerPath, quiet);
  expect(summary.migrations).toBe(release.migrations);
  const { url, sql } = await empty();
  await restoreBackup(url, formerPath, quiet);
  await migrate(former.url);
  const [expected, got] = [await rowsOf(former.sql), await rowsOf(sql)];
  expect(Object.keys(got.tables)).toEqual(Object.keys(expected.tables));
  expect(got.migrations).toBe(expected.migrations);
  expect(got.tables['delivery']).toEqual(expected.tables['delivery']);
});

it('only its owner can read the file, and neither a credential nor the master key is in it', async () => {
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const bytes = await readFile(path);
  for (const secret of [masterKey, Buffer.from(masterKey, 'base64')]) expect(bytes.includes(secret)).toBe(false);
});

it('is made and restored by the commands of docs/operations/backup.md', async () => {
  const page = readFileSync(new URL('../../../docs/operations/backup.md', import.meta.url), 'utf8');
  const lines = [...page.matchAll(/^ *currents (backup|restore) (\S+)$/gm)].map(([, name = '', file = '']) => [
    name,
    file,
  ]);
  expect(lines).toEqual([
    ['backup', 'currents.backup'],
    ['restore', 'currents.backup'],
  ]);
  const cli = fileURLToPath(new URL('../../../apps/cli/bin/currents.mjs', import.meta.url));
  const there = await mkdtemp(join(folder, 'by-command-'));
  const { url, sql } = await empty();
  const environments = [{ DATABASE_URL: original.url }, { DATABASE_URL: url, MASTER_KEY: masterKey }];
  const outputs: string[] = [];
  for (const [index, words] of lines.entries()) {
    const { exitCode, output } = await runNode([cli, ...words], environments[index], there);
    expect(exitCode, output).toBe(0);
    outputs.push(output);
  }
  expect(outputs[0]).toMatch(
    /^currents\.backup: [\d.]+ MB, \d+ tables as of \S+, \d+ migrations\.\nIt does not hold MASTER_KEY/,
  );
  expect(outputs[1]).toMatch(/^Restored \d+ tables as of \S+, of release .*\nThe database is up to date\.\n$/);
  expect((await rowsOf(sql)).tables).toEqual((await rowsOf(original.sql)).tables);
});

it('an existing file is not replaced', async () => {
  await expect(writeBackup(original.url, path, quiet)).rejects.toThrow(/currents\.backup exists; name a new file/);
});

it('a folder that does not exist is named, and nothing is left of a backup that was stopped', async () => {
  await expect(writeBackup(original.url, join(folder, 'none/x.backup'), quiet)).rejects.toThrow(/ENOENT/);
  const stopped = join(folder, 'stopped.backup');
  await expect(writeBackup(original.url, stopped, { ...quiet, signal: AbortSignal.abort() })).rejects.toThrow(
    'stopped; no backup was written',
  );
  await expect(stat(`${stopped}.partial`)).rejects.toThrow('ENOENT');
});

it('a database with tables is refused', async () => {
  await expect(restoreBackup(original.url, path, quiet)).rejects.toThrow(
    /^expected an empty database, got one with \d+ tables, such as admin_token; create a new database/,
  );
});

it('a database without a hub is not backed up', async () => {
  const { url } = await nothing();
  await expect(writeBackup(url, join(folder, 'nothing.backup'), quiet)).rejects.toThrow('holds no hub');
});

it('another master key restores nothing', async () => {
  const { url, sql } = await nothing();
  await expect(restoreBackup(url, path, { ...quiet, seal: createSeal(randomBytes(32)) })).rejects.toThrow(
    /MASTER_KEY is not the key.*Nothing was restored/,
  );
  expect(await sql`select from pg_tables where schemaname = 'public'`).toHaveLength(0);
});

/** Changes the first file of the archive, which keeps its length, and leaves its checksum as it is. */
const withHeader = (bytes: Buffer, from: string, to: string): Buffer => {
  const changed = Buffer.from(bytes);
  const at = bytes.indexOf(from);
  if (at < 0 || from.length !== to.length) throw new Error(`expected ${from} in the backup`);
  changed.write(to, at, 'latin1');
  return changed;
};

it.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
  ['is shortened', (bytes) => bytes.subarray(0, -4_096), /damaged or incomplete.*nothing was restored/],
  ['is half there', (bytes) => bytes.subarray(0, bytes.length / 2), /damaged or incomplete.*nothing was restored/],
  [
    'has a changed byte in its rows',
    (bytes) => {
      const changed = Buffer.from(bytes);
      const at = bytes.indexOf('data/delivery_') + 512 + 20;
      changed[at] = (changed[at] as number) ^ 1;
      return changed;
    },
    /damaged or incomplete: data\/delivery_\d+\/000000\.gz has another checksum than the backup lists/,
  ],
  [
    'has a later format',
    (bytes) => withHeader(bytes, '"format": 1,', '"format": 9,'),
    /expected a backup of format 1 or earlier, got format 9, which a later release wrote/,
  ],
  ['is another archive', () => Buffer.alloc(10_240, 'tar'), /the file is no backup of a hub/],
  ['is empty', () => Buffer.alloc(0), /the file is no backup of a hub/],
])('a file that %s is refused before anything is written', async (what, change, message) => {
  const { url, sql } = await nothing();
  const changed = join(folder, `${what.replaceAll(' ', '-')}.backup`);
  await writeFile(changed, change(await readFile(path)));
  await expect(restoreBackup(url, changed, quiet)).rejects.toThrow(message);
  expect(await sql`select from pg_tables where schemaname = 'public'`).toHaveLength(0);
});

it('holds one moment, and keeps the hub neither from adding a day nor from storing', async () => {
  const { url, sql } = await database();
  const file = join(folder, 'meanwhile.backup');
  let days: number | undefined;
  await writeBackup(url, file, {
    async onProgress() {
      if (days !== undefined) return;
      await sql.begin(async (tx) => {
        await tx`set local lock_timeout = '2s'`;
        await tx`select ensure_partitions(6)`;
        await tx`insert into import_partner (name) values ('after the moment')`;
      });
      const [made] = await sql<[{ count: number }]>`
        select count(*)::int from pg_inherits where inhparent = 'batch'::regclass`;
      days = made.count;
    },
  });
  expect(days).toBe(8);
  const restored = await empty();
  await restoreBackup(restored.url, file, quiet);
  expect(await restored.sql`select from import_partner`).toHaveLength(0);
});

describe('a backup that waits for a lock', () => {
  const aside = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = await original.sql.begin(async (tx) => {
      await tx`lock table import_partner in access exclusive mode`;
      return work();
    });
    return result as Result;
  };

  it('is stopped at once, and leaves nothing', async () => {
    const there = await mkdtemp(join(folder, 'waiting-'));
    await aside(async () => {
      const stop = new AbortController();
      const stopped = writeBackup(original.url, join(there, 'x.backup'), { ...quiet, signal: stop.signal });
      await until(
        () => readdir(there),
        (files) => files.length > 0,
      );
      const startedMs = performance.now();
      stop.abort();
      await expect(stopped).rejects.toThrow(/^stopped; no backup was written$/);
      expect(performance.now() - startedMs).toBeLessThan(4_000);
    });
    expect(await readdir(there)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends at %s, and leaves nothing', async (signal) => {
    const cli = fileURLToPath(new URL('../../../apps/cli/bin/currents.mjs', import.meta.url));
    const there = await mkdtemp(join(folder, 'signalled-'));
    const { exitCode, output } = await aside(async () => {
      const backup = startNode([cli, 'backup', 'x.backup'], { DATABASE_URL: original.url }, there);
      await until(
        () => readdir(there),
        (files) => files.length > 0,
        20_000,
      );
      process.kill(backup.pid, signal);
      return backup.ended;
    });
    expect(output).toBe('backup: stopped; no backup was written\n');
    expect(exitCode).toBe(1);
    expect(await readdir(there)).toEqual([]);
  });
});
