import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@currents/core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { loadDatabaseRows, type DatabaseRows } from './databaseRows.js';
import { emptyDatabase } from '../operations/emptyDatabase.js';

/** The database of an earlier release, with the secrets and addresses that are not in the database. */
export interface Release extends DatabaseRows {
  readonly secrets: {
    readonly masterKey: string;
    readonly adminToken: string;
    readonly revokedAdminToken: string;
    readonly ingestToken: string;
    readonly revokedIngestToken: string;
    readonly importKey: string;
    readonly revokedImportKey: string;
    readonly webhookSecret: string;
    // Those that are optional are absent in the first release.
    readonly noticeWebhookSecret?: string;
    /** Secrets that were replaced, and sign as well for a time. */
    readonly formerWebhookSecret?: string;
    readonly formerNoticeWebhookSecret?: string;
    /** A cookie of a browser that is signed in. */
    readonly consoleCookie?: string;
    /** A mutation that was sent with this `Idempotency-Key`, and the body of its answer. */
    readonly repeated?: { readonly key: string; readonly query: string; readonly answer: string };
    /** Ids of events: one that a Current skipped, and one of a user whose deletion is half done. */
    readonly events?: { readonly skipped: string; readonly ofDeletedUser: string };
    /** The addresses of the partners and of the webhook receiver. */
    readonly urls: { readonly mixpanel: string; readonly amplitude: string; readonly receiver: string };
  };
}

export async function readRelease(name: string): Promise<Release> {
  return JSON.parse(await readFile(new URL(`releases/${name}`, import.meta.url), 'utf8')) as Release;
}

export async function writeRelease(name: string, release: Release): Promise<void> {
  await writeFile(new URL(`releases/${name}`, import.meta.url), `${JSON.stringify(release, null, 1)}\n`);
}

/** Restores the database of a release into an empty one, with other addresses of its partners. */
export async function restoreRelease(databaseUrl: string, release: Release, urls: Release['secrets']['urls']) {
  const sql = connect(databaseUrl, { max: 1, name: 'restore' });
  try {
    await emptyDatabase(sql);
    await applyMigrations(sql, release.migrations);
    let text = JSON.stringify({ ...release, secrets: undefined });
    for (const [which, url] of Object.entries(urls))
      text = text.replaceAll(release.secrets.urls[which as keyof typeof urls], url);
    await loadDatabaseRows(sql, JSON.parse(text) as DatabaseRows);
  } finally {
    await sql.end();
  }
}

const migrations = fileURLToPath(new URL('../../../packages/core/migrations/', import.meta.url));

/** Applies only the first `count` migrations. */
async function applyMigrations(sql: ReturnType<typeof connect>, count: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'currents-migrations-'));
  try {
    const journal = JSON.parse(await readFile(join(migrations, 'meta/_journal.json'), 'utf8')) as {
      readonly entries: readonly { readonly tag: string }[];
    };
    const entries = journal.entries.slice(0, count);
    await mkdir(join(folder, 'meta'));
    await writeFile(join(folder, 'meta/_journal.json'), JSON.stringify({ ...journal, entries }));
    for (const { tag } of entries) await copyFile(join(migrations, `${tag}.sql`), join(folder, `${tag}.sql`));
    await migrate(drizzle(sql), {
      migrationsFolder: folder,
      migrationsSchema: 'public',
      migrationsTable: 'migration',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
