import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@currents/core';
import { loadTypes } from '../../src/chaos/load.js';
import type { Cleanup } from '../../src/cleanup.js';
import { startFakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import { startFakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { createAdminClient, databaseKey } from '../../src/hub/adminClient.js';
import { newAdminToken } from '../../src/hub/newAdminToken.js';
import { startProgram, type Program, type ProgramName } from '../../src/hub/program.js';
import type { InstalledRelease } from '../../src/release/installRelease.js';
import { createTestDatabase } from '../endToEnd/database.js';
import { emptyDatabase } from '../operations/emptyDatabase.js';

/** `former` is the last release, `present` the code of this repository. */
export type Side = 'former' | 'present';
/** The releases of the apis and of the workers that run at a time. */
export type Fleet = Readonly<Record<ProgramName, readonly Side[]>>;
export type RollingHub = Awaited<ReturnType<typeof openRollingHub>>;

const present = join(import.meta.dirname, '../../../apps');

/** A hub on an empty database whose programs are those of two releases, with strict fake partners and two Currents. */
export async function openRollingHub(former: InstalledRelease, redisUrl: string | undefined, cleanup: Cleanup) {
  const database = await createTestDatabase();
  cleanup.add('the database', database.drop);
  const sql = connect(database.url, { max: 2, name: 'test' });
  cleanup.add('the connections', () => sql.end({ timeout: 5 }));
  // The former release migrates it.
  await emptyDatabase(sql);
  const mixpanel = await startFakeMixpanel({ projects: [{ projectId: 'all', token: 'token-all' }] });
  cleanup.add('the fake Mixpanel', mixpanel.close);
  const amplitude = await startFakeAmplitude({ projects: [{ projectId: 'some', apiKey: 'key-some' }] });
  cleanup.add('the fake Amplitude', amplitude.close);
  const adminToken = newAdminToken();
  const environment = {
    DATABASE_URL: database.url,
    MASTER_KEY: randomBytes(32).toString('base64'),
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
    ADMIN_TOKEN: adminToken,
    API_PORT: '0',
    WORKER_PORT: '0',
    DRAIN_SECONDS: '0',
    ALLOW_CUSTOM_BASE_URL: 'true',
    ALLOW_PRIVATE_ADDRESSES: 'true',
  };
  const folderOf = (side: Side, name: ProgramName): string =>
    side === 'former' ? former.folderOf(name) : join(present, name);
  const running: Record<ProgramName, Map<Side, Program>> = { api: new Map(), worker: new Map() };
  const ends: string[] = [];
  /** The last lines of all programs, for the message of a failure. */
  const lines: string[] = [];
  cleanup.add('the programs', () =>
    Promise.all([...running.api.values(), ...running.worker.values()].map((program) => program.stop())),
  );

  async function start(name: ProgramName, side: Side): Promise<void> {
    const onLine = (line: string): void => {
      lines.push(`${side} ${name}: ${line}`);
      if (lines.length > 200) lines.shift();
    };
    running[name].set(side, await startProgram(name, { environment, folder: folderOf(side, name), onLine }));
  }
  async function stop(name: ProgramName, side: Side): Promise<void> {
    const program = running[name].get(side);
    // First nothing new is sent to it, as a balancer does.
    running[name].delete(side);
    await program?.stop();
    ends.push(`${side} ${name}: ${await program?.ended}`);
  }

  let next = 0;
  /** An api that runs, each in turn. */
  const apiUrl = (): string => {
    const urls = [...running.api.values()].map(({ url }) => url);
    return urls[next++ % urls.length] ?? '';
  };
  const admin = () => createAdminClient(apiUrl(), adminToken);

  await start('api', 'former');
  await start('worker', 'former');

  const launch = async (
    partner: 'mixpanel' | 'amplitude',
    project: string,
    credentials: Readonly<Record<string, string>>,
    eventTypes: readonly string[],
  ) => {
    const { url, control } = partner === 'mixpanel' ? mixpanel : amplitude;
    const id = await admin().launchCurrent({
      name: project,
      contactEmail: 'admin@example.com',
      destination: partner,
      settings: { region: 'us', baseUrl: url },
      credentials,
      selection: { eventTypes },
    });
    return { id, key: databaseKey(id), partner, project, eventTypes, control };
  };
  const currents = [
    await launch('mixpanel', 'all', { kind: 'projectToken', token: 'token-all' }, loadTypes),
    await launch('amplitude', 'some', { apiKey: 'key-some' }, loadTypes.slice(0, 2)),
  ];
  const ingestToken = await admin().createIngestToken('load');
  const { key: importKey } = await admin().run<{ key: string }>(
    `mutation { createImportKey(input: { name: "cohorts", partner: "mixpanel" }) {
      __typename ... on CreateImportKeyPayload { key } ... on Problem { message } } }`,
    {},
    'CreateImportKeyPayload',
  );

  return {
    sql,
    mixpanel,
    amplitude,
    currents,
    ingestToken,
    apiUrl,
    lines,
    /** A client of an api that runs. */
    admin,
    /** How each program that was stopped has ended. */
    ends,
    /** Runs the migrations of the present code, as an operator does before the first new process. */
    migrate: () =>
      promisify(execFile)(process.execPath, [join(present, 'api/dist/migrate.js')], {
        env: { PATH: process.env['PATH'], ...environment },
      }),
    /** Starts what is missing of a fleet, and then stops what is not in it. */
    async become(fleet: Fleet): Promise<void> {
      const names = ['worker', 'api'] as const;
      await Promise.all(
        names.flatMap((name) =>
          fleet[name].filter((side) => !running[name].has(side)).map((side) => start(name, side)),
        ),
      );
      await Promise.all(
        names.flatMap((name) =>
          [...running[name].keys()].filter((side) => !fleet[name].includes(side)).map((side) => stop(name, side)),
        ),
      );
    },
    /** Kills a program and starts it again, as after a crash. */
    async restart(name: ProgramName, side: Side): Promise<void> {
      const program = running[name].get(side);
      running[name].delete(side);
      await program?.kill();
      await start(name, side);
    },
    /** Pushes a member of the cohort `rolling`. */
    async pushMember(member: string): Promise<void> {
      const parameters = {
        mixpanel_project_id: '1',
        mixpanel_cohort_id: 'rolling',
        mixpanel_cohort_name: 'Rolling',
        mixpanel_session_id: member,
        page_info: { total_pages: 1, page_count: 1 },
        members: [{ mixpanel_distinct_id: member }],
      };
      const { status } = await fetch(`${apiUrl()}/partners/mixpanel/webhook`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`mixpanel:${importKey}`).toString('base64')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ action: 'add_members', parameters }),
      });
      if (status !== 200) throw new Error(`the push of ${member} was answered with ${status}`);
    },
  };
}
