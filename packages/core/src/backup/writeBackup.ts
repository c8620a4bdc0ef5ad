import { access, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, gzip as gzipWithCallback } from 'node:zlib';
import { connect, type Sql } from '../db/connect.js';
import { isCode, isLostConnectionCode, lockNotAvailable, undefinedTable } from '../db/errors.js';
import { knownMigrations } from '../db/knownMigrations.js';
import type { Transaction } from '../db/session.js';
import { OperatorError } from '../operatorError.js';
import { version } from '../process/version.js';
import { createBackupWriter } from './backupFile.js';
import { backupFormat, dataName, headerName, type BackupHeader, type BackupTable } from './backupFormat.js';
import { describeTables, listTables, readSequences } from './hubTables.js';

const gzip = promisify(gzipWithCallback);

/** Rows are compressed in parts of this size; some of them are in memory at a time. */
const partBytes = 4 * 1024 * 1024;

/** How often the tables are listed again because one of them was dropped meanwhile. */
const maxTries = 10;

export interface BackupProgress {
  readonly table: string;
  readonly tablesDone: number;
  readonly tables: number;
  /** Uncompressed. */
  readonly bytes: number;
}

export interface BackupSummary {
  readonly createdAt: string;
  readonly migrations: number;
  readonly tables: number;
  /** Of the file. */
  readonly bytes: number;
}

export interface BackupOptions {
  /** Waited for. */
  readonly onProgress: (progress: BackupProgress) => void | Promise<void>;
  /** Ends the backup, and leaves no file behind. */
  readonly signal?: AbortSignal;
}

/**
 * Writes every row of the hub's tables, as one moment saw them, into a new file of its owner. The hub may go on working.
 * The file has its name only once it is whole. Sealed secrets stay sealed. Throws an `OperatorError`.
 */
export async function writeBackup(
  databaseUrl: string,
  path: string,
  { onProgress, signal }: BackupOptions,
): Promise<BackupSummary> {
  const sql = connect(databaseUrl, { max: 1, name: 'backup', statementMs: 0, keep: true });
  const partial = `${path}.partial`;
  const giveUp = (): void => void sql.end({ timeout: 0 });
  let failure: unknown;
  // Also while it waits for a lock, or for a server that no longer answers.
  const stop = (): void => {
    failure ??= new OperatorError('stopped; no backup was written');
    giveUp();
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    await refuseExisting(path);
    const file = await open(partial, 'wx', 0o600);
    try {
      const summary = await withTables(sql, async (tx, names) => {
        const header = await describe(tx, names);
        const writer = createBackupWriter(file, new Date(header.createdAt));
        await writer.add(headerName, Buffer.from(`${JSON.stringify(header, null, 1)}\n`));
        let bytes = 0;
        for (const [tablesDone, table] of header.tables.entries()) {
          const progress = { table: table.name, tablesDone, tables: header.tables.length };
          await onProgress({ ...progress, bytes });
          let part = 0;
          for await (const rows of inParts(await copyOut(tx, table), giveUp)) {
            try {
              await writer.add(dataName(table.name, part++), await gzip(rows, { level: constants.Z_BEST_SPEED }));
              bytes += rows.length;
              await onProgress({ ...progress, bytes });
              signal?.throwIfAborted();
            } catch (error) {
              // The transaction then ends with its connection, which says nothing about the reason.
              failure ??= error;
              throw error;
            }
          }
        }
        const { createdAt, migrations, tables } = header;
        return { createdAt, migrations, tables: tables.length, bytes: await writer.finish() };
      });
      await rename(partial, path);
      await syncFolder(dirname(path));
      return summary;
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  } catch (error) {
    const cause = failure ?? error;
    throw fileFailure(cause, partial) ?? cause;
  } finally {
    signal?.removeEventListener('abort', stop);
    await sql.end();
  }
}

/**
 * Runs `work` in a transaction that sees the database as it was at one moment, and in which no table can be dropped. Only
 * tables with rows are locked, not the parents of partitions: what changes those would wait, and everything else that uses
 * them would wait behind that.
 */
async function withTables<Result>(
  sql: Sql,
  work: (tx: Transaction, names: readonly string[]) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const names = await listTables(sql);
    if (!names.includes('migration')) throw new OperatorError('the database that DATABASE_URL names holds no hub');
    try {
      return (await sql.begin('isolation level repeatable read read only', async (tx) => {
        await tx`set local lock_timeout = '5s'`;
        // Before the first query, which fixes the moment.
        await tx.unsafe(`lock table only ${names.map((name) => `"${name}"`).join(', only ')} in access share mode`);
        const seen = await listTables(tx);
        if (seen.join() !== names.join()) throw new TablesChanged();
        return work(tx, names);
      })) as Result;
    } catch (error) {
      const isPassing =
        error instanceof TablesChanged || isCode(error, undefinedTable) || isCode(error, lockNotAvailable);
      if (!isPassing || tries === maxTries) throw error;
    }
  }
}

class TablesChanged extends Error {}

async function describe(tx: Transaction, names: readonly string[]): Promise<BackupHeader> {
  const [about] = await tx<[{ createdAt: string; migrations: number; postgres: string }]>`
    select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt",
      (select count(*)::int from migration) as migrations, current_setting('server_version_num') as postgres`;
  const known = knownMigrations().length;
  if (about.migrations > known)
    throw new OperatorError(
      `expected a database with at most ${known} migrations, which this release knows, got ${about.migrations}; back it up with the release that made it`,
    );
  const tables = (await describeTables(tx)).filter(({ name }) => names.includes(name));
  return {
    format: backupFormat,
    release: version,
    ...about,
    needs: 'MASTER_KEY',
    tables,
    // Sequences are not part of the moment: read after it, they are at least as high as any id in the rows.
    sequences: await readSequences(tx),
  };
}

/** Binary, because batches are compressed bytes, which the text format doubles. */
async function copyOut(tx: Transaction, { name, columns }: BackupTable): Promise<Readable> {
  return tx`copy ${tx(name)} (${tx(columns)}) to stdout (format binary)`.readable();
}

/** Ends the connection if the reader gives up: the rest of the rows would be waited for otherwise. */
async function* inParts(rows: Readable, giveUp: () => void): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let isWhole = false;
  try {
    for await (const chunk of rows as AsyncIterable<Buffer>) {
      // The driver reuses what it reads into.
      chunks.push(Buffer.from(chunk));
      bytes += chunk.length;
      if (bytes < partBytes) continue;
      yield Buffer.concat(chunks);
      [chunks, bytes] = [[], 0];
    }
    // The driver pauses its socket while the stream is full, and forgets to resume it when the last rows filled it.
    rows._read(0);
    if (bytes > 0) yield Buffer.concat(chunks);
    isWhole = true;
  } finally {
    if (!isWhole) giveUp();
  }
}

/** A former backup is never replaced: the new one could be of a database that has lost something. */
async function refuseExisting(path: string): Promise<void> {
  if (
    await access(path).then(
      () => true,
      () => false,
    )
  )
    throw new OperatorError(`${path} exists; name a new file`);
}

/** After this, the name outlives a crash of the machine. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function fileFailure(error: unknown, path: string): OperatorError | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined;
  const { code = '' } = error as NodeJS.ErrnoException;
  // A socket's errors name a system call, too.
  if (isLostConnectionCode(code)) return undefined;
  const advice = code === 'EEXIST' ? '; another backup is being written there, or one was killed: remove the file' : '';
  return new OperatorError(`${path} cannot be written (${code})${advice}`, { cause: error });
}
