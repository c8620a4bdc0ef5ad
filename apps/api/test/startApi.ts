import { connect } from '@currents/core';

export interface Gate {
  /** Resolves once a session waits for the lock. */
  hasWaiter(): Promise<void>;
  open(): Promise<void>;
}

/** Blocks all writes to a table until it is opened. */
export async function lockTable(databaseUrl: string, table: string): Promise<Gate> {
  const own = connect(databaseUrl, { max: 1, name: 'gate' });
  const watch = connect(databaseUrl, { max: 1, name: 'gate' });
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let held: Promise<unknown> = Promise.resolve();
  await new Promise<void>((locked) => {
    held = own.begin(async (tx) => {
      await tx`lock table ${tx(table)} in exclusive mode`;
      locked();
      await opened;
    });
  });
  return {
    async hasWaiter() {
      for (;;) {
        const [{ waiters }] = await watch<[{ waiters: number }]>`
          select count(*)::int as waiters from pg_locks where relation = ${table}::regclass and not granted
            and database = (select oid from pg_database where datname = current_database())`;
        if (waiters > 0) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async open() {
      open();
      await held;
      await watch.end();
      await own.end();
    },
  };
}
