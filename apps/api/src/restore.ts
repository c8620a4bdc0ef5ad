import {
  createSeal,
  OperatorError,
  readVariables,
  restoreBackup,
  runProgram,
  sharedVariables,
  type RestoreProgress,
} from '@currents/core';
import { megabytes, openProgressLine } from './progressLine.js';

/** Restores the backup that its argument names into an empty database. Checks MASTER_KEY if it is set. */
await runProgram('restore', async () => {
  const [path, ...more] = process.argv.slice(2);
  if (path === undefined || more.length > 0)
    throw new OperatorError('expected the file of a backup and nothing else, such as currents.backup');
  const { DATABASE_URL, MASTER_KEY, MASTER_KEY_FALLBACKS } = readVariables(
    {
      DATABASE_URL: sharedVariables.DATABASE_URL,
      MASTER_KEY: sharedVariables.MASTER_KEY.optional(),
      MASTER_KEY_FALLBACKS: sharedVariables.MASTER_KEY_FALLBACKS,
    },
    process.env,
  );
  const line = openProgressLine();
  try {
    const { createdAt, release, tables, migrations } = await restoreBackup(DATABASE_URL, path, {
      seal: MASTER_KEY && createSeal(MASTER_KEY, MASTER_KEY_FALLBACKS),
      onProgress: (progress) => line.show(`restore: ${describe(progress)}`),
    });
    line.end();
    console.log(
      `Restored ${tables.length} tables as of ${createdAt}, of release ${release} with ${migrations} migrations.`,
    );
    console.log('The database is up to date.');
    if (!MASTER_KEY) console.log('MASTER_KEY was not set, so it was not checked whether it opens the sealed secrets.');
  } finally {
    line.end();
  }
});

function describe(progress: RestoreProgress): string {
  switch (progress.step) {
    case 'check':
      return `checking the file, ${megabytes(progress.bytes)} of ${megabytes(progress.ofBytes)}`;
    case 'restore':
      return `table ${progress.tablesDone + 1}/${progress.tables} ${progress.table}`;
    case 'migrate':
      return 'bringing the database up to date';
    case 'analyze':
      return 'gathering statistics for the planner';
  }
}
