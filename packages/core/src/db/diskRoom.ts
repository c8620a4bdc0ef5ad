import { statfs } from 'node:fs/promises';
import type { Sql } from './connect.js';
import { parseDatabaseUrl } from './databaseUrl.js';

/** Bytes of the database, and those that are free on its disk; undefined where the disk cannot be seen from here. */
export interface DiskRoom {
  readonly databaseBytes: number;
  readonly freeBytes: number | undefined;
}

export async function readDiskRoom(sql: Sql, databaseUrl: string): Promise<DiskRoom> {
  const [database] = await sql<{ bytes: string; folder: string | null }[]>`
    select pg_database_size(current_database()) as bytes,
      (select setting from pg_settings where name = 'data_directory') as folder`;
  const freeBytes = isHere(databaseUrl) && database?.folder ? await freeBytesAt(database.folder) : undefined;
  return { databaseBytes: Number(database?.bytes), freeBytes };
}

function isHere(databaseUrl: string): boolean {
  const { host } = parseDatabaseUrl(databaseUrl);
  return /^(\/|localhost$|127\.|::1$)/.test(host);
}

async function freeBytesAt(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    // The server runs in a container, or under an account whose folders this one cannot see.
    return undefined;
  }
}
