import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { buildAdminSchema } from './schema.js';

const path = fileURLToPath(new URL('../../schema.graphql', import.meta.url));
const text = `${printSchema(lexicographicSortSchema(buildAdminSchema()))}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('apps/api/schema.graphql is stale: run `npm run generate`, and commit it');
  process.exitCode = 1;
}
