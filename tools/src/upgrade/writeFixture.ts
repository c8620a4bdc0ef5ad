import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@currents/core';
import { readDatabaseRows } from './databaseRows.js';

/** Writes the rows of the database that DATABASE_URL names as the fixture of a release. */

const [name, secretsFile] = process.argv.slice(2);
const { DATABASE_URL: databaseUrl } = process.env;
if (!name || !secretsFile || !databaseUrl) {
  console.error(
    'usage: DATABASE_URL=… node tools/dist/upgrade/writeFixture.js RELEASE SECRETS.json; see CONTRIBUTING.md, "Upgrades"',
  );
  process.exit(2);
}
const secrets = JSON.parse(await readFile(secretsFile, 'utf8')) as unknown;
const sql = connect(databaseUrl, { max: 1, name: 'fixture' });
const rows = await readDatabaseRows(sql);
await sql.end();
const folder = fileURLToPath(new URL('../../test/upgrade/releases/', import.meta.url));
await mkdir(folder, { recursive: true });
await writeFile(`${folder}${name}.json`, `${JSON.stringify({ secrets, ...rows }, null, 1)}\n`);
