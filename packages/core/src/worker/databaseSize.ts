import type { Sql } from '../db/connect.js';
import type { Alarm } from '../notices/alarms.js';

const nearShare = 0.8;
const fullShare = 0.95;
const megabyte = 1024 * 1024;

/** Whether the database comes near the size that the operator gives it room for. Postgres does not say how full a disk is. */
export async function databaseAlarms(sql: Sql, maxBytes: number): Promise<readonly Alarm[]> {
  const [row] = await sql<{ bytes: number }[]>`select pg_database_size(current_database())::float8 as bytes`;
  const bytes = row?.bytes ?? 0;
  if (bytes < maxBytes * nearShare) return [];
  return [
    {
      kind: 'database_near_budget',
      severity: bytes >= maxBytes * fullShare ? 'critical' : 'warning',
      message: `The database has ${Math.round(bytes / megabyte)} MB, ${Math.floor((bytes / maxBytes) * 100)} % of DATABASE_MEGABYTES (${Math.round(maxBytes / megabyte)} MB). Without room on its disk, no event can be accepted.`,
      remedy:
        'Resume or delete paused Currents that hold old days, lower RETENTION_DAYS, or give the database a larger disk and raise DATABASE_MEGABYTES.',
    },
  ];
}
