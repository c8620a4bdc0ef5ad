import { connect } from '@currents/core';
import { Redis } from 'ioredis';
import type { ChaosHub } from '../hub.js';
import type { FaultContext, FaultMakers } from './context.js';

/** Faults of the database server. Each leaves it able to work. */
export const postgresFaults: FaultMakers<'postgres'> = {
  async kill({ hub, pause, persist }, { lastsMs }) {
    await hub.postgres().kill();
    await pause(lastsMs);
    await persist('start Postgres', hub.startPostgres);
  },
  async restart({ hub, pause, persist }, { lastsMs }) {
    await hub.postgres().stop();
    await pause(lastsMs);
    await persist('start Postgres', hub.startPostgres);
  },
  /** All connections break at once, as through a proxy that restarts. */
  terminate: ({ hub, persist }) => persist('terminate all connections', () => asOperator(hub, endConnections)),
  /** A primary that has become a standby: read-only, and all connections have to find the new one. */
  async failover({ hub, pause, persist }, { lastsMs }) {
    const setReadOnly = (value: 'on' | 'off') =>
      asOperator(hub, async (sql, name) => {
        await sql.unsafe(`alter database ${name} set default_transaction_read_only = ${value}`);
        if (value === 'on') await endConnections(sql, name);
      });
    await persist('make the database read-only', () => setReadOnly('on'));
    await pause(lastsMs);
    await persist('make the database writable', () => setReadOnly('off'));
  },
  /** Its file system has no room: tables do not grow (53100), and a missing WAL segment ends the server (PANIC). */
  async diskFull(context, { lastsMs }) {
    const { hub, pause } = context;
    await hub.workspace.fillDisk();
    await pause(lastsMs);
    await hub.workspace.freeDisk();
    await reviveAfterPanic(context);
  },
};

/** After a PANIC Postgres recovers by itself, or ends when the disk is still full at that moment. */
async function reviveAfterPanic({ hub, persist, timeline }: FaultContext): Promise<void> {
  let hasEnded = false;
  void hub.postgres().ended.then(() => (hasEnded = true));
  await persist('reach Postgres', async () => {
    if (hasEnded) {
      timeline.add('state', 'postgres', 'had ended on the full disk; started again');
      hasEnded = false;
      await hub.startPostgres();
    }
    await asOperator(hub, (sql) => sql`select 1`);
  });
}

type Sql = ReturnType<typeof connect>;

/** Runs statements from another database, which `failover` does not touch. */
async function asOperator(hub: ChaosHub, action: (sql: Sql, name: string) => Promise<unknown>): Promise<void> {
  const url = new URL(hub.databaseUrl);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const sql = connect(url.href, { max: 1, name: 'operator', statementMs: 5_000 });
  try {
    await action(sql, name);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function endConnections(sql: Sql, name: string): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name} and pid <> pg_backend_pid()`;
}

/** Faults of the server of the queue and of the budget counters. */
export const redisFaults: FaultMakers<'redis'> = {
  async kill({ hub, pause, persist }, { lastsMs }) {
    await hub.redis()?.kill();
    await pause(lastsMs);
    await persist('start Redis', hub.startRedis);
  },
  flush: ({ hub, persist }) =>
    persist('flush Redis', async () => {
      const redis = new Redis(hub.redisUrl ?? '', {
        lazyConnect: true,
        maxRetriesPerRequest: 0,
        retryStrategy: () => null,
      });
      redis.on('error', () => undefined);
      try {
        await redis.connect();
        await redis.flushall();
      } finally {
        redis.disconnect();
      }
    }),
  async freeze({ hub, pause }, { lastsMs }) {
    const redis = hub.redis();
    redis?.signal('SIGSTOP');
    await pause(lastsMs);
    redis?.signal('SIGCONT');
  },
};
