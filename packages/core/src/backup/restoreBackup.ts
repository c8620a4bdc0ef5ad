import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { indexMemberSet, isMemberSet, makeMemberSet } from '../cohorts/memberSet.js';
import { advisoryLocks } from '../db/advisoryLocks.js';
import { connect } from '../db/connect.js';
import { knownMigrations, migrationTable } from '../db/knownMigrations.js';
import { migrate } from '../db/migrate.js';
import { refuseTransactionPooling } from '../db/refuseTransactionPooling.js';
import type { Transaction } from '../db/session.js';
import { readMasterKeyCheck } from '../secrets/masterKeyCheck.js';
import type { Seal } from '../secrets/seal.js';
import { openBackup, type BackupFile } from './backupFile.js';
import { BackupRefused, type BackupHeader, type BackupTable } from './backupFormat.js';
import { listTables } from './hubTables.js';

export type RestoreProgress =
  | { readonly step: 'check'; readonly bytes: number; readonly ofBytes: number }
  | { readonly step: 'restore'; readonly table: string; readonly tablesDone: number; readonly tables: number }
  | { readonly step: 'migrate' | 'analyze' };

export interface RestoreOptions {
  /** Tried on the sealed secrets before anything is committed, if given. */
  readonly seal?: Seal | undefined;
  readonly onProgress: (progress: RestoreProgress) => void;
}

/**
 * Restores a backup into a database without tables, all of it or nothing, and brings it up to date. Processes that start
 * meanwhile wait. Throws `BackupRefused` or another `OperatorError`; then the database is as it was, unless it says that
 * only the migrations after the backup failed.
 */
export async function restoreBackup(
  databaseUrl: string,
  path: string,
  { seal, onProgress }: RestoreOptions,
): Promise<BackupHeader> {
  const backup = await openBackup(path, (bytes, ofBytes) => onProgress({ step: 'check', bytes, ofBytes }));
  const sql = connect(databaseUrl, { max: 1, name: 'restore', statementMs: 0, keep: true });
  try {
    const { header } = backup;
    refuseLaterMigrations(header);
    await sql`select`;
    await refuseTransactionPooling(databaseUrl);
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${advisoryLocks.migration})`;
      await refuseTables(tx);
      await makeTables(tx, header);
      for (const [tablesDone, table] of (await parentsFirst(tx, header.tables)).entries()) {
        onProgress({ step: 'restore', table: table.name, tablesDone, tables: header.tables.length });
        await fill(tx, table, backup);
      }
      await setSequences(tx, header);
      if (seal && (await readMasterKeyCheck(tx, seal)) === 'wrong')
        throw new BackupRefused(
          'MASTER_KEY is not the key that sealed the secrets in the backup; set the right one, or none to restore without a check. Nothing was restored',
        );
    });
    onProgress({ step: 'migrate' });
    await migrate(databaseUrl);
    onProgress({ step: 'analyze' });
    await sql`analyze`;
    return header;
  } finally {
    await sql.end();
    await backup.close();
  }
}

function refuseLaterMigrations({ migrations, release }: BackupHeader): void {
  const known = knownMigrations().length;
  if (migrations > known)
    throw new BackupRefused(
      `expected a backup with at most ${known} migrations, which this release knows, got ${migrations}; restore it with release ${release} or later`,
    );
}

async function refuseTables(tx: Transaction): Promise<void> {
  const tables = await listTables(tx);
  if (tables.length > 0)
    throw new BackupRefused(
      `expected an empty database, got one with ${tables.length} tables, such as ${tables[0]}; create a new database and set DATABASE_URL to it`,
    );
}

/** Makes the tables as they were when the backup was written, without rows. */
async function makeTables(tx: Transaction, { migrations, tables }: BackupHeader): Promise<void> {
  await tx`create schema if not exists public`;
  await tx.unsafe(migrationTable);
  for (const { sql: statements } of knownMigrations().slice(0, migrations))
    for (const statement of statements) await tx.unsafe(statement);
  const made = new Set(await listTables(tx));
  // Rows that the migrations have made are in the backup.
  await tx.unsafe(`truncate ${[...made].map((name) => `"${name}"`).join(', ')}`);
  for (const { name, partition } of tables) {
    if (made.has(name)) continue;
    if (partition) {
      const { of, day } = partition;
      await tx.unsafe(`create table "${name}" partition of "${of}" for values from ('${day}') to (date '${day}' + 1)`);
    } else if (isMemberSet(name)) await makeMemberSet(tx, name);
    else throw new BackupRefused(`expected tables of a hub only, got "${name}"`);
  }
}

/** A row may refer to one of another table, which then has to be there. */
async function parentsFirst(tx: Transaction, tables: readonly BackupTable[]): Promise<readonly BackupTable[]> {
  const references = await tx<{ child: string; parent: string }[]>`
    select c.relname as child, p.relname as parent from pg_constraint k
    join pg_class c on c.oid = k.conrelid join pg_class p on p.oid = k.confrelid
    where k.contype = 'f' and k.conrelid <> k.confrelid`;
  const byName = new Map(tables.map((table) => [table.name, table]));
  const ordered = new Set<BackupTable>();
  const visit = (table: BackupTable, path: readonly string[]): void => {
    if (path.includes(table.name)) throw new Error(`foreign keys go round: ${path.join(', ')}`);
    for (const { child, parent } of references) {
      const referred = child === table.name ? byName.get(parent) : undefined;
      if (referred) visit(referred, [...path, table.name]);
    }
    ordered.add(table);
  };
  for (const table of tables) visit(table, []);
  return [...ordered];
}

async function fill(tx: Transaction, { name, columns }: BackupTable, backup: BackupFile): Promise<void> {
  // Rows come back as they were: nothing has changed that others would have to learn of.
  await tx`alter table ${tx(name)} disable trigger user`;
  const rows: Writable = await tx`copy ${tx(name)} (${tx(columns)}) from stdin (format binary)`.writable();
  await pipeline(Readable.from(backup.parts(name)), createGunzip(), rows);
  await tx`alter table ${tx(name)} enable trigger user`;
  if (isMemberSet(name)) await indexMemberSet(tx, name);
}

/**
 * Give the ids that receivers of webhooks know deliveries by. Those that were given away after the backup must not be
 * given to something else: a receiver would take it for a repetition.
 */
const outwardSequences: ReadonlySet<string> = new Set(['segment_change_id', 'notice_message_id_seq']);
/** More ids than are given away between a backup and its restore. */
const idGap = 1_000_000_000;

async function setSequences(tx: Transaction, { sequences }: BackupHeader): Promise<void> {
  for (const { name, lastValue, isCalled } of sequences) {
    const gap = outwardSequences.has(name) ? idGap : 0;
    await tx`select setval(${name}::regclass, ${lastValue}::bigint + ${gap}::bigint, ${isCalled})`;
  }
}
