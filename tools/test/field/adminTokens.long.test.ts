import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Sql } from '@currents/core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { runNode, startNode } from '../operations/programs.js';

/** A7 of the field reports: where the first admin token comes from. Standard output is no terminal here. */

const folder = mkdtempSync(join(tmpdir(), 'currents-admin-tokens-'));
let database: TestDatabase | undefined;
let sql: Sql;
async function dropDatabase(): Promise<void> {
  await sql?.end();
  await database?.drop();
}
beforeEach(async () => {
  await dropDatabase();
  database = await createTestDatabase();
  sql = connect(database.url, { max: 1, name: 'test' });
});
afterAll(async () => {
  await dropDatabase();
  rmSync(folder, { recursive: true });
});

const api = ['apps/api/dist/main.js'];
const command = ['tools/run.mjs', 'admin-token'];
const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  DATABASE_URL: database?.url ?? '',
  MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  API_PORT: '0',
  DRAIN_SECONDS: '0',
  ...more,
});

/** Runs an api, and answers what `meet` does and what the api printed. */
async function withApi<Met>(more: Record<string, string>, meet: (url: string) => Promise<Met>) {
  const running = startNode(api, environment(more));
  try {
    const said = await running.waitForOutput(/"event":"api.ready"/);
    const [, url = ''] = /"event":"api.ready","url":"([^"]+)"/.exec(said) ?? [];
    const met = await meet(url);
    running.interrupt();
    return { met, ...(await running.ended) };
  } finally {
    running.interrupt();
  }
}

async function me(url: string, token: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ me { name role expiresAt } }' }),
  });
  const { data, code } = (await response.json()) as { data?: { me: object }; code?: string };
  return data?.me ?? code;
}

const tokens = () => sql<{ name: string; revoked: boolean }[]>`
  select name, revoked_at is not null as revoked from admin_token order by id`;

describe('ADMIN_TOKEN', () => {
  it('is valid, and another one revokes it', async () => {
    const [one, two] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
    const first = await withApi({ ADMIN_TOKEN: `${one}\n` }, (url) => me(url, one));
    expect(first.met).toEqual({ name: 'ADMIN_TOKEN', role: 'ADMIN', expiresAt: null });
    const again = await withApi({ ADMIN_TOKEN: one }, (url) => me(url, one));
    expect(again.met).toEqual(first.met);
    expect(await tokens()).toEqual([{ name: 'ADMIN_TOKEN', revoked: false }]);
    const other = await withApi({ ADMIN_TOKEN: two }, async (url) => [await me(url, two), await me(url, one)]);
    expect(other.met).toEqual([first.met, 'TOKEN_UNKNOWN']);
    // A token that was revoked, and may be known to others, is not made valid again.
    const back = await withApi({ ADMIN_TOKEN: one }, async (url) => [await me(url, one), await me(url, two)]);
    expect(back.met).toEqual(['TOKEN_UNKNOWN', first.met]);
    expect(back.output).toContain('"event":"admin_token.refused"');
    for (const { output } of [first, again, other, back])
      for (const token of [one, two]) expect(output).not.toContain(token);
  }, 60_000);

  it.each([
    ['too short', { ADMIN_TOKEN: 'CANARY-of-31-characters-0123456' }],
    ['of characters that a header cannot have', { ADMIN_TOKEN: `CANARY ${'x'.repeat(40)}` }],
  ])('%s is refused in one sentence', async (_what, more) => {
    const { exitCode, output } = await runNode(api, environment(more));
    expect([exitCode, output]).toEqual([
      1,
      'api: the configuration is not usable: ADMIN_TOKEN expected at least 32 characters, of letters, digits and -._~+/, as `openssl rand -hex 32` makes them\n',
    ]);
  });

  it('beside ADMIN_TOKEN_FILE is refused', async () => {
    const { output } = await runNode(api, environment({ ADMIN_TOKEN: 'x'.repeat(32), ADMIN_TOKEN_FILE: 'x' }));
    expect(output).toMatch(
      /^api: .* ADMIN_TOKEN_FILE expected only one of ADMIN_TOKEN and ADMIN_TOKEN_FILE, got both\n$/,
    );
  });
});

describe('ADMIN_TOKEN_FILE', () => {
  it('is written for this account only when there is no valid admin token, and read when it exists', async () => {
    const file = join(folder, 'made');
    const first = await withApi({ ADMIN_TOKEN_FILE: file }, (url) => me(url, readFileSync(file, 'utf8').trim()));
    expect(first.met).toEqual({ name: 'first token', role: 'ADMIN', expiresAt: null });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(first.output).not.toContain(readFileSync(file, 'utf8').trim());
    const second = await withApi({ ADMIN_TOKEN_FILE: file }, (url) => me(url, readFileSync(file, 'utf8').trim()));
    expect(second.met).toEqual(first.met);
    const elsewhere = join(folder, 'not-made');
    await withApi({ ADMIN_TOKEN_FILE: elsewhere }, async () => undefined);
    expect(() => statSync(elsewhere)).toThrow('ENOENT');
    expect(await tokens()).toEqual([{ name: 'first token', revoked: false }]);
    const given = join(folder, 'given');
    const token = randomBytes(32).toString('hex');
    writeFileSync(given, `\n${token}  \n`);
    expect((await withApi({ ADMIN_TOKEN_FILE: given }, (url) => me(url, token))).met).toMatchObject({ role: 'ADMIN' });
  }, 60_000);

  it('that cannot be written or does not hold a token is one sentence, and no token is made', async () => {
    const nowhere = await runNode(api, environment({ ADMIN_TOKEN_FILE: '/nowhere/CANARY', LOG_LEVEL: 'silent' }));
    expect(nowhere.output).toBe('api: cannot write the file that ADMIN_TOKEN_FILE names (ENOENT)\n');
    const short = join(folder, 'short');
    writeFileSync(short, 'CANARY');
    const bad = await runNode(api, environment({ ADMIN_TOKEN_FILE: short, LOG_LEVEL: 'silent' }));
    expect(bad.output).toMatch(/^api: the file that ADMIN_TOKEN_FILE names: expected at least 32 characters, .*\n$/);
    expect([nowhere.exitCode, bad.exitCode, await tokens()]).toEqual([1, 1, []]);
  }, 60_000);
});

it('without either, and without a terminal, no token is made, and the log says how to', async () => {
  const { output } = await withApi({}, async () => undefined);
  expect(output.match(/"event":"admin_token.missing"/g)).toHaveLength(1);
  expect(output).toContain('npm run admin-token -- --name NAME');
  expect(output).not.toContain('cur_admin_');
  expect(await tokens()).toEqual([]);
}, 60_000);

describe('npm run admin-token', () => {
  it('makes a token with a name, a role and an end, which a running api accepts, and prints nothing else', async () => {
    const made = await withApi({}, async (url) => {
      const { exitCode, output } = await runNode(
        [...command, '--name', 'grafana', '--role', 'viewer', '--expires', '90d'],
        environment(),
      );
      expect(exitCode).toBe(0);
      expect(output).toMatch(/^cur_admin_[\w-]{43}\n$/);
      return (await me(url, output.trim())) as { expiresAt: string };
    });
    expect(made.met).toMatchObject({ name: 'grafana', role: 'VIEWER' });
    const days = (Date.parse(made.met.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThanOrEqual(90);
  }, 60_000);

  it.each([
    [[], /^npm run admin-token: --name is missing; see npm run admin-token -- --help\n$/],
    [['--name', ' '], /^npm run admin-token: --name: expected 1 to 100 characters, got none\n$/],
    [['--name', 'ADMIN_TOKEN'], /^npm run admin-token: --name: expected another name than ADMIN_TOKEN, .*\n$/],
    [['--name', 'x', '--role', 'root'], /--role: expected viewer, operator, admin, got "root"/],
    [['--name', 'x', '--expires', 'soon'], /--expires: expected a span such as 12h, 90d or 52w, got "soon"/],
  ])(
    'refuses %j in a sentence',
    async (words, sentence) => {
      const { exitCode, output } = await runNode([...command, ...words], environment());
      expect(output).toMatch(sentence);
      expect(exitCode).not.toBe(0);
      expect(await tokens()).toEqual([]);
    },
    60_000,
  );

  it('says what to set where there is no database', async () => {
    const { exitCode, output } = await runNode([...command, '--name', 'x', '--data', join(folder, 'none')]);
    expect(output).toMatch(/^npm run admin-token: there is no database in \S+; set DATABASE_URL, or --data to .*\n$/);
    expect(exitCode).toBe(1);
  }, 60_000);
});
