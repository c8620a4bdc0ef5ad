import { setTimeout as wait } from 'node:timers/promises';
import { connect } from '@currents/core';

/** A failover: all sessions on the database end, and it is read-only for this long. */
export function createFailover(databaseUrl: string, forMs = 1_500) {
  let ended: Promise<void> | undefined;
  return {
    /** Resolves when the database is read-only. Only the first call does something. */
    async begin(): Promise<void> {
      if (ended) return;
      const url = new URL(databaseUrl);
      const name = url.pathname.slice(1);
      url.pathname = '/postgres';
      const operator = connect(url.href, { max: 1, name: 'operator' });
      let announceEnd = (): void => undefined;
      ended = new Promise((resolve) => (announceEnd = resolve));
      await operator.unsafe(`alter database ${name} set default_transaction_read_only = on`);
      await operator`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
      void wait(forMs)
        .then(() => operator.unsafe(`alter database ${name} reset default_transaction_read_only`))
        .then(() => operator.end())
        .then(announceEnd);
    },
    hasBegun: () => ended !== undefined,
    /** Resolves when it is over. */
    end: () => ended,
  };
}
