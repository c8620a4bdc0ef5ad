import { migrate, readVariables, runProgram, sharedVariables } from '@currents/core';

/** Brings the database up to date, for an operator who does so before the first new process starts. */
await runProgram('migrate', async () => {
  const { DATABASE_URL } = readVariables({ DATABASE_URL: sharedVariables.DATABASE_URL }, process.env);
  await migrate(DATABASE_URL);
  console.log('The database is up to date.');
});
