import { readFileSync } from 'node:fs';
import type { Hub } from '../hub/openHub.js';

/** Tables with a row for each batch, request or refused event, which the retention empties day by day. */
const retained = ['batch', 'delivery', 'request', 'fingerprint_block', 'dead_letter', 'quarantine_batch'];

/** What a hub holds at one moment. */
export interface Sample {
  readonly seconds: number;
  /** Events sent since the start. */
  readonly events: number;
  /** The p95 from acceptance to arrival, in milliseconds, since the last sample. */
  readonly p95: number;
  /** Resident memory of a process, by its name. Of Postgres, none: its processes share most of theirs. */
  readonly residentBytes: Readonly<Record<string, number>>;
  /** Table → bytes with indexes and values stored apart; all partitions together. */
  readonly retainedBytes: Readonly<Record<string, number>>;
  readonly workingBytes: Readonly<Record<string, number>>;
  /** Events that have no outcome yet. */
  readonly pending: number;
  /** Bytes that Redis uses; undefined without it. */
  readonly redisBytes: number | undefined;
}

type Held = Omit<Sample, 'seconds' | 'events' | 'p95' | 'redisBytes'>;

export async function takeSample({ sql, processes }: Pick<Hub, 'sql' | 'processes'>): Promise<Held> {
  const tables = await sql<{ name: string; bytes: string }[]>`
    select coalesce(i.inhparent, c.oid)::regclass::text as name, sum(pg_total_relation_size(c.oid)) as bytes
    from pg_class c left join pg_inherits i on i.inhrelid = c.oid
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    group by 1 order by 1`;
  const [row] = await sql<{ pending: string }[]>`
    select coalesce(sum(pending), 0) as pending from delivery where pending > 0`;
  const sizes = (isRetained: boolean): Record<string, number> =>
    Object.fromEntries(
      tables
        .filter(({ name }) => retained.includes(name) === isRetained)
        .map(({ name, bytes }) => [name, Number(bytes)]),
    );
  const { api, worker } = processes();
  return {
    residentBytes: { api: residentBytesOf(api), worker: residentBytesOf(worker) },
    retainedBytes: sizes(true),
    workingBytes: sizes(false),
    pending: Number(row?.pending),
  };
}

/** VmRSS of proc(5). Throws when the process has ended. */
function residentBytesOf(id: number | undefined): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'));
  return Number(found?.[1]) * 1024;
}
