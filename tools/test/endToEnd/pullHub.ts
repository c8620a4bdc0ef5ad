import { createHash, randomBytes } from 'node:crypto';
import { connect, type Sql } from '@currents/core';
import { startFakeAmplitude, type FakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { createAdminClient, type AdminClient } from '../../src/hub/adminClient.js';
import { startProgram, type Program } from '../../src/hub/program.js';
import { startHub } from '../../src/hub/startHub.js';
import { createTestDatabase } from './database.js';
import { until } from './until.js';

export type Partner = 'mixpanel' | 'amplitude';

export interface Pull {
  readonly state: string;
  readonly progress: { readonly memberCount: number; readonly expectedMemberCount: number | null } | null;
  readonly deferral: { readonly code: string; readonly detail: string; readonly until: string } | null;
  readonly failure: { readonly code: string; readonly detail: string; readonly recovery: string } | null;
  readonly lastSuccessAt: string | null;
}

export interface Sync {
  readonly state: string;
  readonly addedCount: number;
  readonly removedCount: number;
  readonly unchangedCount: number;
}

/** The database key in an id of the API. */
export const cohortKeyOf = (id: string): number => Number(id.replace(/^\w+_/, ''));

/** A hub in separate processes, whose worker can be killed, and strict fakes of both partners with a project each. */
export interface PullHub {
  readonly mixpanel: FakeMixpanel;
  readonly amplitude: FakeAmplitude;
  readonly sql: Sql;
  readonly databaseUrl: string;
  /** The URL of the api. */
  readonly url: string;
  readonly client: AdminClient;
  /** All log lines of api and workers. */
  readonly logLines: readonly string[];
  /** Sets the members of a cohort at the partner. */
  setCohort(partner: Partner, id: string, members: readonly string[]): void;
  /** Creates a daily pull of a cohort, and returns the hub's id of the cohort. */
  follow(partner: Partner, id: string): Promise<string>;
  pullNow(cohortId: string): Promise<void>;
  pull(cohortId: string): Promise<Pull>;
  waitForPull(cohortId: string, holds: (pull: Pull) => boolean): Promise<Pull>;
  /** Waits until this many pulls are applied, and returns their syncs, newest first. */
  applied(cohortId: string, syncs: number): Promise<readonly Sync[]>;
  members(cohortId: string): Promise<readonly string[]>;
  /** The requests that the partner received, and their response status. */
  requests(partner: Partner): readonly {
    readonly path: string;
    readonly query: string;
    readonly status: number | null;
    readonly authorized: boolean;
  }[];
  killWorker(): Promise<void>;
  startWorker(): Promise<void>;
  stop(): Promise<void>;
}

const keyOf = (name: string): string => createHash('md5').update(name).digest('hex');
export const secrets = { mixpanel: keyOf('secret of mixpanel'), amplitude: keyOf('secret of amplitude') } as const;
const apiKey = keyOf('amplitude');

export async function startPullHub(): Promise<PullHub> {
  const database = await createTestDatabase();
  const logLines: string[] = [];
  const onLine = (line: string): void => void logLines.push(line);
  const mixpanel = await startFakeMixpanel({
    projects: [
      {
        projectId: '77',
        token: keyOf('mixpanel'),
        serviceAccounts: [{ user: 'hub.account', secret: secrets.mixpanel, role: 'admin' }],
      },
    ],
  });
  const amplitude = await startFakeAmplitude({
    projects: [{ projectId: 'one', apiKey, secretKey: secrets.amplitude, limits: { cohortFiles: 500 } }],
  });
  const hub = await startHub({
    databaseUrl: database.url,
    masterKey: randomBytes(32).toString('base64'),
    environment: {
      API_PORT: '0',
      WORKER_PORT: '0',
      LOG_LEVEL: 'trace',
      ALLOW_CUSTOM_BASE_URL: 'true',
      ALLOW_PRIVATE_ADDRESSES: 'true',
      REQUEST_TIMEOUT_SECONDS: '2',
    },
    onLine: (_program, line) => onLine(line),
  });
  const sql = connect(database.url, { max: 2, name: 'test' });
  const client = createAdminClient(hub.api.url, hub.adminToken ?? '');
  let worker: Program | undefined = hub.workers[0];

  const current = { contactEmail: 'admin@example.com', selection: { groups: ['message'] } };
  const currents: Readonly<Record<Partner, string>> = {
    mixpanel: await client.launchCurrent(
      {
        ...current,
        name: 'mixpanel',
        destination: 'mixpanel',
        settings: { region: 'us', baseUrl: mixpanel.url },
        credentials: { kind: 'serviceAccount', username: 'hub.account', secret: secrets.mixpanel, projectId: '77' },
      },
      { skipTest: true },
    ),
    amplitude: await client.launchCurrent(
      {
        ...current,
        name: 'amplitude',
        destination: 'amplitude',
        settings: { region: 'us', baseUrl: amplitude.url },
        credentials: { apiKey, secretKey: secrets.amplitude },
      },
      { skipTest: true },
    ),
  };

  /** Runs a mutation of a pull, and returns the id of its cohort. */
  async function mutate(mutation: string, variables: Readonly<Record<string, unknown>>): Promise<string> {
    const [answer] = Object.values(
      await client.ask<
        Record<string, { __typename: string; message?: string; cohortPull?: { cohort: { id: string } } }>
      >(mutation, variables),
    );
    if (!answer?.cohortPull) throw new Error(`${answer?.__typename}: ${answer?.message}`);
    return answer.cohortPull.cohort.id;
  }

  const pull: PullHub['pull'] = async (cohortId) => {
    const { cohortPull } = await client.ask<{ cohortPull: Pull }>(
      `query ($id: ID!) { cohortPull(cohortId: $id) { ... on CohortPull {
        state lastSuccessAt progress { memberCount expectedMemberCount } deferral { code detail until } failure { code detail recovery } } } }`,
      { id: cohortId },
    );
    return cohortPull;
  };

  return {
    mixpanel,
    amplitude,
    sql,
    databaseUrl: database.url,
    url: hub.api.url,
    client,
    logLines,
    setCohort(partner, id, members) {
      if (partner === 'mixpanel')
        mixpanel.control.setCohort('77', {
          id: Number(id),
          name: `Cohort ${id}`,
          members: members.map((distinctId) => ({ distinctId })),
        });
      else amplitude.control.setCohort(apiKey, { id, name: `Cohort ${id}`, members });
    },
    follow: (partner, id) =>
      mutate(
        'mutation ($input: CreateCohortPullInput!) { createCohortPull(input: $input) { __typename ... on CreateCohortPullPayload { cohortPull { cohort { id } } } ... on Problem { message } } }',
        { input: { currentId: currents[partner], partnerId: id, schedule: 'DAILY' } },
      ),
    async pullNow(id) {
      await mutate(
        'mutation ($id: ID!) { runCohortPull(input: { cohortId: $id }) { __typename ... on RunCohortPullPayload { cohortPull { cohort { id } } } ... on Problem { message } } }',
        { id },
      );
    },
    pull,
    waitForPull: (cohortId, holds) => until(() => pull(cohortId), holds, 30_000),
    async applied(cohortId, count) {
      const read = async (): Promise<readonly Sync[]> => {
        const { cohort } = await client.ask<{ cohort: { syncs: { nodes: readonly Sync[] } } }>(
          'query ($id: ID!) { cohort(id: $id) { ... on Cohort { syncs { nodes { state addedCount removedCount unchangedCount } } } } }',
          { id: cohortId },
        );
        return cohort.syncs.nodes.filter(({ state }) => state === 'APPLIED');
      };
      return until(read, (syncs) => syncs.length === count, 30_000);
    },
    async members(cohortId) {
      const [cohort] = await sql<
        { set_id: string | null }[]
      >`select set_id from cohort where id = ${cohortKeyOf(cohortId)}`;
      if (!cohort?.set_id) return [];
      const rows = await sql<{ member: string }[]>`select member from ${sql(`member_set_${cohort.set_id}`)}`;
      return rows.map(({ member }) => member.slice(1)).sort();
    },
    requests: (partner) =>
      (partner === 'mixpanel' ? mixpanel : amplitude).control
        .ledger()
        .requests.map(({ path, query, status, headers }) => ({
          path,
          query,
          status,
          authorized: headers['authorization'] !== undefined,
        })),
    async killWorker() {
      await worker?.kill();
      worker = undefined;
    },
    async startWorker() {
      worker = await startProgram('worker', { environment: hub.environment, onLine });
    },
    async stop() {
      await worker?.stop();
      await hub.stop();
      await Promise.all([mixpanel.close(), amplitude.close()]);
      await sql.end();
      await database.drop();
    },
  };
}
