import { createHash, randomBytes } from 'node:crypto';
import { connect, type Sql } from '@currents/core';
import { startProgram, type Program } from '../../src/hub/program.js';
import { startHub } from '../../src/hub/startHub.js';
import { createTestDatabase } from './database.js';
import { until } from './until.js';

/** A hub for cohort pushes, whose processes can be killed and restarted at the same address. */
export interface CohortHub {
  /** The URL of the api, which does not change. */
  readonly url: string;
  readonly sql: Sql;
  /** All log lines of api and workers. */
  readonly logLines: readonly string[];
  /** A new data import key. */
  makeKey(partner: string): Promise<string>;
  invalidateKey(key: string): Promise<void>;
  registerPartner(name: string): Promise<void>;
  /** The ids of the members, once all stored changes are applied. */
  membersOf(partner: string, cohortId: string): Promise<ReadonlySet<string>>;
  /** The number of stored changes that are not yet applied. */
  waiting(): Promise<number>;
  kill(program: 'api' | 'worker'): Promise<void>;
  start(program: 'api' | 'worker'): Promise<void>;
  stop(): Promise<void>;
}

export async function startCohortHub(): Promise<CohortHub> {
  const database = await createTestDatabase();
  const logLines: string[] = [];
  const onLine = (line: string): void => void logLines.push(line);
  const hub = await startHub({
    databaseUrl: database.url,
    environment: { API_PORT: '0', WORKER_PORT: '0', LOG_LEVEL: 'trace' },
    onLine: (_program, line) => onLine(line),
  });
  const sql = connect(database.url, { max: 2, name: 'test' });
  const running: Record<'api' | 'worker', Program | undefined> = { api: hub.api, worker: hub.workers[0] };
  const { url } = hub.api;

  async function waiting(): Promise<number> {
    const [row] = await sql<
      [{ count: number }]
    >`select count(*)::int as count from cohort_change where state = 'pending'`;
    return row.count;
  }

  return {
    url,
    sql,
    logLines,
    async makeKey(partner) {
      const key = `cur_import_${randomBytes(32).toString('base64url')}`;
      await sql`insert into import_key (partner, name, hash, hint) values (${partner}, ${key.slice(-9)}, ${hashOf(key)}, ${key.slice(-4)})`;
      return key;
    },
    async invalidateKey(key) {
      await sql`update import_key set revoked_at = clock_timestamp() where hash = ${hashOf(key)}`;
    },
    async registerPartner(name) {
      await sql`insert into import_partner (name) values (${name})`;
    },
    waiting,
    async membersOf(partner, cohortId) {
      await until(waiting, (changes) => changes === 0, 30_000);
      const [cohort] = await sql<
        { set_id: string | null }[]
      >`select set_id from cohort where partner = ${partner} and partner_id = ${cohortId}`;
      if (!cohort) throw new Error(`there is no cohort ${cohortId} of ${partner}`);
      if (cohort.set_id === null) return new Set();
      const rows = await sql<{ member: string }[]>`select member from ${sql(`member_set_${cohort.set_id}`)}`;
      return new Set(rows.map(({ member }) => idOf(member)));
    },
    async kill(program) {
      await running[program]?.kill();
      running[program] = undefined;
    },
    async start(program) {
      const port: Record<string, string> = program === 'api' ? { API_PORT: new URL(url).port } : {};
      running[program] = await startProgram(program, { environment: { ...hub.environment, ...port }, onLine });
    },
    async stop() {
      await Promise.all([running.api?.stop(), running.worker?.stop()]);
      await hub.stop();
      await sql.end();
      await database.drop();
    },
  };
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** The id in a stored member, which has a letter for the kind of id and, for an alias, its label before its name. */
function idOf(member: string): string {
  return member.slice(1).split('\u001f').at(-1) ?? '';
}
