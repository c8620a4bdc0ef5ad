import { drizzle } from 'drizzle-orm/postgres-js';
import { connect, type Sql } from '../db/connect.js';
import type { Connectors } from '../loadCurrent.js';
import type { SegmentExports } from '../loadSync.js';
import { ConfigInvalid, givenVariables, networkOf, readVariables, sharedVariables } from '../process/config.js';
import { createHttp, type Network } from '../process/http.js';
import { readMasterKeyCheck, sealedByLaterRelease } from '../secrets/masterKeyCheck.js';
import { countUnderOtherKeys } from '../secrets/sealedColumns.js';
import { createSeal, type Seal } from '../secrets/seal.js';
import { checkDatabase } from './checkDatabase.js';
import { checkExportOrigins, checkOrigins } from './checkOrigins.js';
import { checkRedis } from './checkRedis.js';
import { checkSmtp } from './checkSmtp.js';
import { checkWorkers } from './checkWorkers.js';
import { find, notChecked, notOk, ok, type Finding, type Seen } from './finding.js';

export type { Finding } from './finding.js';

export interface ExamineDeps {
  readonly connectors: Connectors;
  readonly segmentExports: SegmentExports;
  /** Each reads the variables of one program, and throws `ConfigInvalid`. */
  readonly readConfigs: readonly ((environment: NodeJS.ProcessEnv) => unknown)[];
}

const requestMs = 10_000;

/**
 * Examines a configuration and what it leads to. Starts nothing, changes nothing, and goes on after what is not ok, as
 * far as the variables allow. Each finding comes as soon as it is made.
 */
export async function* examine(environment: NodeJS.ProcessEnv, deps: ExamineDeps): AsyncGenerator<Finding> {
  yield find('configuration', async () => checkConfigs(environment, deps));
  const { DATABASE_URL, REDIS_URL, MASTER_KEY, MASTER_KEY_FALLBACKS, SMTP_URL } = readEach(environment);
  let isReached = false;
  if (DATABASE_URL === undefined) yield { subject: 'database', ...notChecked('DATABASE_URL is not usable') };
  else
    for await (const finding of checkDatabase(DATABASE_URL)) {
      if (finding.subject === 'database') isReached = finding.status === 'ok';
      yield finding;
    }
  if (REDIS_URL !== undefined) yield find('Redis', () => checkRedis(REDIS_URL));
  if (SMTP_URL !== undefined) yield find('SMTP', () => checkSmtp(SMTP_URL));
  const sql = isReached && DATABASE_URL ? connect(DATABASE_URL, { max: 1, name: 'doctor' }) : undefined;
  try {
    yield find('workers', () => checkWorkers(sql));
    yield find('master key', () => checkKey(sql, MASTER_KEY, MASTER_KEY_FALLBACKS));
    yield* checkHosts(environment, deps, sql);
  } finally {
    await sql?.end();
  }
}

/** Names every variable that is wrong, of any program. */
function checkConfigs(environment: NodeJS.ProcessEnv, { readConfigs }: ExamineDeps): Seen {
  const problems = new Set<string>();
  for (const readConfig of readConfigs) {
    try {
      readConfig(environment);
    } catch (error) {
      if (!(error instanceof ConfigInvalid)) throw error;
      for (const problem of error.problems) problems.add(problem);
    }
  }
  return problems.size === 0 ? ok('every variable can be read') : notOk([...problems].join('; '));
}

/** Those variables that can be read; what is wrong with the others has been said. */
function readEach(environment: NodeJS.ProcessEnv) {
  const { DATABASE_URL, REDIS_URL, MASTER_KEY, MASTER_KEY_FALLBACKS, SMTP_URL } = sharedVariables;
  const given = givenVariables(environment);
  return {
    DATABASE_URL: DATABASE_URL.safeParse(given['DATABASE_URL']).data,
    REDIS_URL: REDIS_URL.safeParse(given['REDIS_URL']).data,
    MASTER_KEY: MASTER_KEY.safeParse(given['MASTER_KEY']).data,
    MASTER_KEY_FALLBACKS: MASTER_KEY_FALLBACKS.safeParse(given['MASTER_KEY_FALLBACKS']).data,
    SMTP_URL: SMTP_URL.safeParse(given['SMTP_URL']).data,
  };
}

async function checkKey(
  sql: Sql | undefined,
  key: Buffer | undefined,
  fallbacks: readonly Buffer[] | undefined,
): Promise<Seen> {
  if (key === undefined) return notChecked('MASTER_KEY is not usable');
  if (sql === undefined) return notChecked('the secrets are in the database, which is not usable');
  const seal = createSeal(key, fallbacks);
  switch (await readMasterKeyCheck(sql, seal)) {
    case 'right':
      return ok(`it opens the secrets in the database${await whatIsLeft(sql, seal)}`);
    case 'unset':
      return ok('the first start stores what it is checked by');
    case 'newer':
      return notOk(`${sealedByLaterRelease}; run the doctor of that release`);
    case 'wrong':
      return notOk('MASTER_KEY is not the key that sealed the secrets in this database; set the former one');
  }
}

/** During a rotation: whether the other keys can be removed. */
async function whatIsLeft(sql: Sql, seal: Seal): Promise<string> {
  if (!seal.isRotated) return '';
  const count = await countUnderOtherKeys(drizzle(sql), seal);
  return count === 0
    ? '; all are under MASTER_KEY, so MASTER_KEY_FALLBACKS can be removed once every process seals with it'
    : `; ${count} are under a key of MASTER_KEY_FALLBACKS: run resealSecrets before you remove it`;
}

async function* checkHosts(
  environment: NodeJS.ProcessEnv,
  { connectors, segmentExports }: ExamineDeps,
  sql: Sql | undefined,
): AsyncGenerator<Finding> {
  const { HTTPS_PROXY, HTTP_PROXY, NO_PROXY, ALLOW_PRIVATE_ADDRESSES } = sharedVariables;
  let network: Network;
  try {
    network = networkOf(readVariables({ HTTPS_PROXY, HTTP_PROXY, NO_PROXY, ALLOW_PRIVATE_ADDRESSES }, environment));
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error;
    yield { subject: 'reach', ...notChecked('the variables of the network are not usable') };
    return;
  }
  const http = createHttp({ timeoutMs: requestMs, connections: 2, ...network });
  try {
    yield* checkOrigins(connectors, http, sql);
    yield* checkExportOrigins(segmentExports, http, sql);
  } finally {
    await http.close();
  }
}
