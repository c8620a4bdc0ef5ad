import { readFile, writeFile } from 'node:fs/promises';
import {
  ensureAdminToken,
  givenToken,
  givenTokenRule,
  hasAdminToken,
  OperatorError,
  provideAdminToken,
  type Admin,
} from '@currents/core';
import type { FastifyBaseLogger } from 'fastify';
import type { Config } from './config.js';

type Source = Pick<Config, 'ADMIN_TOKEN' | 'ADMIN_TOKEN_FILE'>;

/**
 * Sees to the token that the first admin uses: takes the one of ADMIN_TOKEN or ADMIN_TOKEN_FILE, or, where no valid one
 * exists, makes one and writes it to that file. Without either, prints a new one on a terminal, and elsewhere logs how to
 * make one, because standard output would put it into a store of logs.
 */
export async function provideFirstToken(admin: Admin, source: Source, log: FastifyBaseLogger): Promise<void> {
  const { ADMIN_TOKEN: token, ADMIN_TOKEN_FILE: path } = source;
  if (token !== undefined) return provide(admin, 'ADMIN_TOKEN', token, log);
  if (path !== undefined) return provideFromFile(admin, path, log);
  if (process.stdout.isTTY) {
    const made = await ensureAdminToken(admin);
    if (made !== undefined) console.log(`admin token, shown only this once: ${made}`);
  } else if (!(await hasAdminToken(admin))) {
    log.warn(
      { event: 'admin_token.missing' },
      'there is no valid admin token; `npm run admin-token -- --name NAME` makes one, and so does a start with ADMIN_TOKEN or ADMIN_TOKEN_FILE',
    );
  }
}

async function provideFromFile(admin: Admin, path: string, log: FastifyBaseLogger): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new OperatorError(`cannot read the file that ADMIN_TOKEN_FILE names (${codeOf(error)})`, { cause: error });
  });
  if (text !== undefined) {
    const token = givenToken(text);
    if (token === undefined) throw new OperatorError(`the file that ADMIN_TOKEN_FILE names: ${givenTokenRule}`);
    return provide(admin, 'ADMIN_TOKEN_FILE', token, log);
  }
  const made = await ensureAdminToken(admin, (token: string) =>
    writeFile(path, `${token}\n`, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
      throw new OperatorError(`cannot write the file that ADMIN_TOKEN_FILE names (${codeOf(error)})`, { cause: error });
    }),
  );
  if (made !== undefined) log.info({ event: 'admin_token.written', path }, 'the first admin token is in this file');
}

async function provide(
  admin: Admin,
  variable: 'ADMIN_TOKEN' | 'ADMIN_TOKEN_FILE',
  token: string,
  log: FastifyBaseLogger,
): Promise<void> {
  if (await provideAdminToken(admin, variable, token)) return;
  log.error(
    { event: 'admin_token.refused', variable },
    'the admin token of this variable was revoked, has expired or has another role, and is not made valid; set another one',
  );
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}
