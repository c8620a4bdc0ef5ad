import { connect } from '@currents/core';

export interface Gate {
  open(): Promise<void>;
}

/** Keeps everybody from writing to a table, until it is opened. */
export async function lockTable(databaseUrl: string, table: string): Promise<Gate> {
  const own = connect(databaseUrl, { max: 1, name: 'gate' });
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
    async open() {
      open();
      await held;
      await own.end();
    },
  };
}
