import { OperatorError, readVariables, runProgram, sharedVariables, writeBackup } from '@currents/core';
import { megabytes, openProgressLine } from './progressLine.js';

/** Writes a backup of the database into the file that its argument names. Needs no MASTER_KEY: secrets stay sealed. */
await runProgram('backup', async () => {
  const [path, ...more] = process.argv.slice(2);
  if (path === undefined || more.length > 0)
    throw new OperatorError('expected the name of a new file and nothing else, such as currents.backup');
  const { DATABASE_URL } = readVariables({ DATABASE_URL: sharedVariables.DATABASE_URL }, process.env);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  const line = openProgressLine();
  try {
    const { createdAt, migrations, tables, bytes } = await writeBackup(DATABASE_URL, path, {
      signal: stop.signal,
      onProgress: (at) =>
        line.show(`backup: table ${at.tablesDone + 1}/${at.tables} ${at.table}, ${megabytes(at.bytes)} read`),
    });
    line.end();
    console.log(`${path}: ${megabytes(bytes)}, ${tables} tables as of ${createdAt}, ${migrations} migrations.`);
    console.log('It does not hold MASTER_KEY, without which its credentials cannot be used: keep that elsewhere.');
  } finally {
    line.end();
  }
});
