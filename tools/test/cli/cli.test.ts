import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeBraze, type FakeBraze } from '../../src/fakes/braze/startFakeBraze.js';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { event, tomorrow } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { tokenOf } from '../endToEnd/testEnvironment.js';
import { startTestHub, type TestHub } from '../endToEnd/testHub.js';
import { until } from '../endToEnd/until.js';
import { blocksOf } from '../readme/blocks.js';
import { openCli, type Cli } from './cliHarness.js';
import { brazeKey, brazeSettings, makeBuyers } from './buyers.js';
import { operatorCommands } from './operatorCommands.js';

/** The command line as a user runs it: processes of their own, against a hub with strict fakes of Mixpanel and Braze. */

let hub: TestHub;
let braze: FakeBraze;
let cli: Cli;
const eventId = '5f0adeff-6668-4427-8d02-57d803a2b841';
const ofCustomer = { user: { external_user_id: 'customer-42' } };
/** Everything that the commands print, in which no token may be. */
const printed: string[] = [];

const run: Cli['run'] = async (...how) => {
  const ended = await cli.run(...how);
  printed.push(ended.stdout, ended.stderr);
  return ended;
};

beforeAll(async () => {
  hub = await startTestHub({ projects: ['mail'] });
  braze = await startFakeBraze({ projects: [{ workspaceId: 'shop', keys: [brazeKey] }] });
  cli = openCli({ CURRENTS_URL: hub.hub.api.url, CURRENTS_TOKEN: hub.hub.adminToken ?? '', ...hub.hub.environment });
  const current = await hub.launch('mail', ['users.messages.email.Open']);
  await hub.post([
    event({ ...ofCustomer, id: eventId }),
    event({ ...ofCustomer, time: 1_000_000_000 }),
    event({ time: tomorrow() }),
    event({ time: tomorrow() }),
    event({ event_type: 'users.messages.pigeon.Open' }),
  ]);
  await until(
    () => ledgerOf(hub.sql, current),
    ({ selected, pending }) => selected === 4 && pending === 0,
    30_000,
  );
  await createDraft('later');
  await makeBuyers(hub.hub.api.url, hub.hub.adminToken ?? '', ['ann', 'bob']);
  cli.write('braze.json', JSON.stringify(brazeSettings(braze)));
  cli.write('braze.key', `${brazeKey}\n`);
}, 180_000);
afterAll(async () => {
  cli?.close();
  await hub?.stop();
  await braze?.close();
});

async function createDraft(name: string): Promise<void> {
  const { run: mutate } = createAdminClient(hub.hub.api.url, hub.hub.adminToken ?? '');
  const input = {
    ...{ name, destination: 'mixpanel', contactEmail: 'ana@example.com' },
    settings: { region: 'us', baseUrl: hub.mixpanel.url },
    credentials: { kind: 'projectToken', token: tokenOf('mail') },
    selection: { eventTypes: ['users.messages.sms.Send'] },
  };
  const query = `mutation ($input: CreateCurrentInput!) {
    createCurrent(input: $input) { __typename ... on Problem { message } }
  }`;
  await mutate(query, { input }, 'CreateCurrentPayload');
}

describe('docs/cli.md', () => {
  const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  const lines = blocksOf(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.trim().split('\n'));
  const commands = lines.filter((line) => line.startsWith('currents '));
  const programs = ['currents api', 'currents worker'];
  const elsewhere: readonly string[] = Object.values(operatorCommands);
  const endless = commands.filter((line) => line.startsWith('currents tail'));

  /** What a user types when a command asks. */
  const answers: readonly (readonly [RegExp, string])[] = [
    [/^currents launch later/, 'later\n'],
    [/^currents (pause|resume|replay|dead-letters (replay|discard|restore)) cur_1/, 'mail\n'],
    [/^currents quarantine release/, 'release\n'],
    [/^currents segments sync create buyers/, 'buyers\n'],
    [/^currents segments sync launch ssy_1/, 'currents_buyers\n'],
    [/^currents tokens (create|revoke).* (braze|tok_2)$/, 'braze\n'],
    [/^currents tokens create.* grafana$/, 'grafana\n'],
  ];
  const answerTo = (line: string): string => answers.find(([pattern]) => pattern.test(line))?.[1] ?? '';
  /** What some of them print as their result. */
  const expected: Readonly<Record<string, RegExp>> = {
    'currents list': /^cur_1 +LIVE +mixpanel +1 +1 +2 +0 +0 +mail$/m,
    'currents show cur_1': /^state +LIVE since /m,
    [`currents events find ${eventId}`]: /^ {2}→ mail \(cur_1\): DELIVERED$/m,
    'currents events list --user customer-42 --from 24h': /SKIPPED\n {4}reason +before_2010/,
    'currents launch later': /^later is LIVE$/m,
    'currents pause cur_1': /^mail is PAUSED$/m,
    'currents resume cur_1': /^mail is LIVE$/m,
    'currents dead-letters groups cur_1':
      /^REJECTED +rejected_by_mixpanel +users\.messages\.email\.Open +\w+ +2 +0 +0 /m,
    'currents dead-letters replay cur_1 --code rejected_by_mixpanel': /^job_\d+ is done\nevents +2$/m,
    'currents dead-letters restore cur_1': /^job_\d+ is done\nevents +2$/m,
    'currents quarantine groups': /^UNKNOWN_EVENT_TYPE +users\.messages\.pigeon\.Open +1 +0 +0 /m,
    'currents segments list': /^seg_1 +2 +\S+ \S+ +buyers +Buyers$/m,
    'currents segments sync launch ssy_1 --follow': /^delivered +2$/m,
    'currents segments sync list': /^ssy_1 +LIVE +braze +currents_buyers +2 +0 +0 +- +buyers$/m,
    'currents segments sync drift ssy_1': /^held +2$/m,
    'currents tokens create braze': /^cur_ingest_\S+\n$/,
    'currents tokens create --role viewer --expires 90d grafana': /^cur_admin_\S+\n$/,
    'currents tokens revoke tok_2': /^braze is revoked$/m,
    'currents config export > hub.yaml': /^$/,
    'currents config plan hub.yaml': /^Nothing to change at http/,
    'currents admin-token ana': /^cur_admin_\S+\n$/,
    'currents migrate': /^The database is up to date\.$/m,
  };

  it('shows commands of every kind', () => {
    expect(commands.length).toBeGreaterThan(25);
    expect(commands).toEqual(expect.arrayContaining([...programs, ...elsewhere, ...Object.keys(expected)]));
    expect(lines.filter((line) => !line.startsWith('currents '))).toEqual([
      'export CURRENTS_URL=http://127.0.0.1:4000',
      'export CURRENTS_TOKEN="$(cat .data/admin.token)"',
      'source <(currents completion bash)',
    ]);
  });

  it.each(commands.filter((line) => ![...programs, ...elsewhere, ...endless].includes(line)))(
    'runs as written: %s',
    async (line) => {
      const { exitCode, stdout, stderr } = await cli.run(line, answerTo(line));
      expect(exitCode, stdout + stderr).toBe(0);
      const words = expected[line];
      if (words) expect(stdout, stderr).toMatch(words);
      else expect(stdout + stderr).toMatch(/\S/);
      if (!line.startsWith('currents tokens create')) printed.push(stdout, stderr);
      // What is replayed is a dead letter again once the partner has refused it again.
      if (line.startsWith('currents dead-letters replay'))
        await until(
          () => hub.sql`select from delivery where pending > 0`,
          (pending) => pending.length === 0,
        );
    },
  );

  it.each(endless)('follows what happens until Ctrl-C: %s', async (line) => {
    const tail = cli.start(line);
    await tail.waitFor(/Ctrl-C ends it/);
    const { id } = event();
    let count = 0;
    await until(
      async () => {
        // The tail begins a moment after it says so: events are sent until one is seen.
        await hub.post([event({ id: `${id}-${count++}` })]);
        return tail.output().stdout;
      },
      (text) => new RegExp(`DELIVERED +users\\.messages\\.email\\.Open +${id}-\\d+ +→ mail$`, 'm').test(text),
    );
    tail.signal('SIGINT');
    expect((await tail.ended).exitCode).toBe(0);
  });

  it.each(programs)('starts and stops with its exit code: %s', async (line) => {
    const name = line.split(' ')[1] ?? '';
    const program = cli.start(line);
    await program.waitFor(new RegExp(`"${name}\\.ready"|listening`, 'i'));
    program.signal('SIGTERM');
    const { exitCode, stdout, stderr } = await program.ended;
    expect(exitCode, stdout + stderr).toBe(0);
    printed.push(stdout, stderr);
    expect((await run(line, '', { LOG_LEVEL: 'loud' })).exitCode).toBe(1);
  });
});

describe('a command', () => {
  it('prints what the API answers with --json', async () => {
    const { stdout } = await run('currents events find --json ' + eventId);
    expect(JSON.parse(stdout)).toMatchObject({ event: { id: eventId }, deliveries: [{ status: 'DELIVERED' }] });
  });

  it.each(['overview', 'show mail', 'quarantine groups'])('prints JSON and nothing else: %s --json', async (words) => {
    const { exitCode, stdout, stderr } = await run(`currents ${words} --json`);
    expect([exitCode, stderr]).toEqual([0, '']);
    const answer: unknown = JSON.parse(stdout);
    expect(Object.keys(answer as object)).not.toEqual([]);
  });

  it.each([
    ['another name', 'Mail\n', 'got another text'],
    ['nothing', '', 'got the end of the input'],
  ])('changes nothing when %s is typed', async (_what, input, words) => {
    const { exitCode, stderr } = await run('currents pause mail', input);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Pauses mail \(cur_1, LIVE\)/);
    expect(stderr).toContain(`expected mail as confirmation, ${words}; nothing was changed`);
    expect((await run('currents show mail')).stdout).toMatch(/^state +LIVE/m);
  });

  it.each([
    ['currents list', { CURRENTS_TOKEN: '' }, 2, 'expected an admin token in the variable CURRENTS_TOKEN, got none'],
    ['currents list', { CURRENTS_TOKEN: 'x'.repeat(40) }, 3, 'the hub answered 401: '],
    ['currents list --url http://127.0.0.1:2', {}, 3, 'the hub does not answer at http://127.0.0.1:2 (ECONNREFUSED)'],
    ['currents list --nonsense', {}, 2, "unknown option '--nonsense'"],
    ['currents events list', {}, 2, 'expected one of --user and --device'],
    ['currents events list --user a --from soon', {}, 2, 'Expected a time such as'],
    ['currents events find never-sent', {}, 1, 'currents: '],
    ['currents show nowhere', {}, 1, 'there is no Current with the id or the name "nowhere"'],
    ['currents jobs show job_999', {}, 1, 'there is no job job_999'],
    ['currents jobs list --state lazy', {}, 1, 'the hub refused: '],
  ])('%s with %j ends with exit code %i and a sentence', async (line, environment, code, words) => {
    const { exitCode, stdout, stderr } = await run(line, '', environment);
    expect([exitCode, stdout]).toEqual([code, '']);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('leaves a long job to the hub at Ctrl-C, and says how to look at it again', async () => {
    // The catalogue knows the type by now. So few events are stored as they are.
    await hub.sql`
      update quarantine_batch set content = convert_to(replace(convert_from(content, 'UTF8'), 'pigeon', 'email'), 'UTF8')`;
    await hub.sql`
      insert into quarantine_batch
        (stored_on, token_id, events, positions, codes, code_indexes, event_counts, released_counts, purged_counts, content)
      select stored_on, token_id, events, positions, codes, code_indexes, event_counts, released_counts, purged_counts, content
      from quarantine_batch, generate_series(2, 1500)`;
    const [again, id] = await hub.sql.begin(async (sql) => {
      // The first step of the job waits for it, however fast the machine is. The plan before it only reads.
      await sql`lock table quarantine_batch in share mode`;
      const release = cli.start('currents quarantine release --yes');
      await release.waitFor(/^Following job_\d+; Ctrl-C leaves it running\.$/m);
      release.signal('SIGINT');
      const { exitCode, stderr } = await release.ended;
      const [, command = '', job] = /to look at it again: (currents jobs watch (job_\d+))$/m.exec(stderr) ?? [];
      expect([exitCode, job], stderr).toEqual([130, expect.any(String)]);
      return [command, job];
    });
    const watched = await run(`${again} --json`);
    expect(watched.exitCode, watched.stderr).toBe(0);
    expect(JSON.parse(watched.stdout)).toMatchObject({ id, state: 'DONE', result: { eventCount: 1500 } });
  }, 60_000);

  it('pauses, resumes and cancels a job that is under way', async () => {
    await hub.sql.begin(async (sql) => {
      // The first step of the job waits for it.
      await sql`lock table quarantine_batch in access exclusive mode`;
      const release = cli.start('currents quarantine release --yes');
      const listed = await until(
        () => run('currents jobs list --state running --json'),
        ({ stdout }) => stdout.trim() !== '[]',
        30_000,
      );
      const [{ id }] = JSON.parse(listed.stdout) as [{ readonly id: string }];
      expect((await run(`currents jobs pause ${id}`, `${id}\n`)).stdout).toBe(`${id} is PAUSED\n`);
      expect(await release.ended).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining(`${id} is paused; currents jobs watch ${id} follows it`) as unknown,
      });
      expect((await run(`currents jobs resume ${id}`, `${id}\n`)).stdout).toMatch(/ is (QUEUED|RUNNING)$/m);
      expect((await run(`currents jobs cancel ${id}`, 'job_0\n')).exitCode).toBe(1);
      const { stdout } = await run(`currents jobs cancel ${id}`, `${id}\n`);
      expect(stdout).toMatch(/ is (CANCELLED|(QUEUED|RUNNING), and ends soon)$/m);
      expect((await run(`currents jobs watch ${id}`)).stdout).toMatch(/^state +CANCELLED$/m);
    });
  }, 120_000);

  it('deletes as many quarantined events as it has shown', async () => {
    await hub.post([event({ event_type: 'users.messages.raven.Open' })]);
    const purged = await run('currents quarantine purge --type users.messages.raven.Open --reason test', 'purge\n');
    expect(purged.stderr).toMatch(/^Deletes quarantined events for good:\nevents +1\n/);
    expect([purged.exitCode, purged.stdout]).toEqual([0, expect.stringMatching(/^job_\d+ is done\nevents +1\n$/)]);
    expect((await run('currents quarantine groups --type users.messages.raven.Open')).stdout).toMatch(/ 1 +0 +1 /);
  }, 60_000);

  it('exits with 1 when the overview has something critical, and puts it first', async () => {
    expect((await run('currents overview')).exitCode).toBe(0);
    await hub.hub.workers[0]?.stop();
    const ended = await until(
      () => run('currents overview'),
      ({ exitCode }) => exitCode !== 0,
      30_000,
    );
    expect(ended.exitCode).toBe(1);
    expect(ended.stdout).toMatch(/^CRITICAL +NO_WORKER/);
  }, 60_000);

  it('never prints the token', () => {
    expect(printed.length).toBeGreaterThan(60);
    for (const text of printed) expect(text).not.toContain(hub.hub.adminToken);
  });
});
