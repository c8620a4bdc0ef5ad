import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  adminRoles,
  createAdminTokenIn,
  OperatorError,
  readVariables,
  runProgram,
  sharedVariables,
} from '@currents/core';
import { choice, runCommand, text, type Option } from './options.js';
import { findRunningPostgres, startPostgres } from './services/postgres.js';

const hours: Readonly<Record<string, number>> = { h: 1, d: 24, w: 7 * 24 };

/** A span of time such as 90d, in milliseconds. */
const span: Option<number | undefined> = {
  placeholder: 'SPAN',
  help: 'after which the token ends by itself, such as 12h, 90d or 52w (never)',
  default: undefined,
  read(given) {
    const [, count, unit = ''] = /^([1-9]\d{0,4})([hdw])$/.exec(given) ?? [];
    return count === undefined
      ? 'a span such as 12h, 90d or 52w'
      : { value: Number(count) * (hours[unit] ?? 0) * 3_600_000 };
  },
};

const command = {
  name: 'npm run admin-token',
  summary: `Makes an admin token directly in the database, and prints it and nothing else. It is shown only this once.
The database is that of DATABASE_URL, or else the one that npm start keeps, whether it runs or not.
When all admin tokens are lost, make one like this, and revoke the lost ones with it in the API:
the query adminTokens lists them, and revokeAdminToken ends each. Nothing has to be restarted.
In a script, call it as: npm run --silent admin-token -- --name NAME`,
  options: {
    name: text('NAME', undefined, 'name of the token for people, which the audit log shows; required'),
    role: choice(adminRoles, 'admin', 'what the token may do'),
    expires: span,
    data: text('DIR', '.data', 'where npm start keeps its database'),
  },
};

await runCommand(command, process.argv.slice(2), ({ name, role, expires, data }) =>
  runProgram(command.name, async () => {
    if (name === undefined) throw new OperatorError('--name is missing; see npm run admin-token -- --help');
    const expiresAt = expires === undefined ? undefined : new Date(Date.now() + expires);
    const database = await openDatabase(join(data, 'postgres'), data);
    try {
      const made = await createAdminTokenIn(database.url, { name, role, expiresAt });
      if (made.kind === 'InputInvalid') throw new OperatorError(made.message.replace(/^/, '--'));
      console.log(made.token);
    } finally {
      await database.stop();
    }
  }),
);

/** The operator's database, or the embedded one, which is started for this moment unless it runs. */
async function openDatabase(dataDir: string, shown: string) {
  const stop = async (): Promise<void> => undefined;
  if (process.env['DATABASE_URL']?.trim()) {
    const { DATABASE_URL: url } = readVariables({ DATABASE_URL: sharedVariables.DATABASE_URL }, process.env);
    return { url, stop };
  }
  const isThere = await access(join(dataDir, 'cluster')).then(
    () => true,
    () => false,
  );
  if (!isThere)
    throw new OperatorError(`there is no database in ${shown}; set DATABASE_URL, or --data to the folder of npm start`);
  const running = await findRunningPostgres(dataDir);
  return running === undefined ? startPostgres({ dataDir }) : { url: running, stop };
}
