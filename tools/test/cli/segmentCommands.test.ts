import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFakeBraze, type FakeBraze } from '../../src/fakes/braze/startFakeBraze.js';
import { startTestHub, type TestHub } from '../endToEnd/testHub.js';
import { until } from '../endToEnd/until.js';
import { brazeKey, brazeSettings, makeBuyers } from './buyers.js';
import { openCli, type Cli } from './cliHarness.js';

/** `currents segments` against a hub with a strict fake Braze, beyond what docs/cli.md shows. The tests build on each other. */

let hub: TestHub;
let braze: FakeBraze;
let cli: Cli;
let buyers: Awaited<ReturnType<typeof makeBuyers>>;
const newKey = 'c1de2f30-1111-4a0e-9c51-7f2b6a3d8e42';
const printed: string[] = [];

const run: Cli['run'] = async (...how) => {
  const ended = await cli.run(...how);
  printed.push(ended.stdout, ended.stderr);
  return ended;
};
const sync = (words: string, ...more: [input?: string, environment?: Readonly<Record<string, string>>]) =>
  run(`currents segments sync ${words}`, ...more);
const held = () => braze.control.membersOf('shop', 'currents_buyers');

beforeAll(async () => {
  braze = await startFakeBraze({
    projects: [{ workspaceId: 'shop', keys: [brazeKey], blockedUsers: ['eve'] }],
  });
  hub = await startTestHub({ projects: [] });
  cli = openCli({ CURRENTS_URL: hub.hub.api.url, CURRENTS_TOKEN: hub.hub.adminToken ?? '' });
  buyers = await makeBuyers(hub.hub.api.url, hub.hub.adminToken ?? '', ['ann', 'bob', 'cyd']);
  cli.write('braze.json', JSON.stringify({ ...brazeSettings(braze), attribute: 'currents_buyers' }));
  cli.write('many.key', 'one two');
}, 120_000);
afterAll(async () => {
  cli?.close();
  await hub?.stop();
  await braze?.close();
});

it('a plan says what a first sync takes, with an entry where asked for, and stores nothing', async () => {
  const { exitCode, stdout, stderr } = await sync(
    'plan buyers braze --settings braze.json --set objectsPerRequest=2 --example',
  );
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^name +currents_buyers\nmembers +3\nrequests +2\n/);
  expect(stdout).toMatch(/^data points +3$/m);
  expect(stdout).toMatch(/^example +\{.*"currents_buyers":true.*\}$/m);
  expect(await sync('list')).toEqual({ exitCode: 0, stdout: '', stderr: 'There are no such segment syncs.\n' });
});

it.each([
  ['plan nothing braze --settings braze.json', {}, 1, 'there is no segment with the id or the name "nothing"'],
  ['plan buyers mixpanel --settings braze.json', {}, 1, 'expected a destination of segments (braze), got "mixpanel"'],
  ['plan buyers braze --settings gone.json', {}, 2, 'the file of --settings cannot be read: gone.json (ENOENT)'],
  ['plan buyers braze --settings many.key', {}, 2, 'expected a JSON object in the file of --settings'],
  ['plan buyers braze --set attribute', {}, 2, 'expected --set name=value, got "attribute"'],
  ['plan buyers braze --set objectsPerRequest=x', {}, 2, 'to have a value of the type "integer", got "x"'],
  ['plan buyers braze --set colour=red', {}, 1, 'restEndpoint'],
  [
    'create buyers braze --settings braze.json',
    {},
    2,
    'expected credentials in the variable CURRENTS_CREDENTIALS, got none',
  ],
  ['create buyers braze --settings braze.json --credentials-file gone', {}, 2, 'cannot be read: gone (ENOENT)'],
  [
    'create buyers braze --settings braze.json --credentials-file many.key',
    {},
    2,
    'expected a JSON object with restApiKey in the file many.key',
  ],
  ['create buyers braze --settings braze.json --credentials-file -', {}, 2, 'expected --yes with --credentials-file -'],
  [
    'create buyers braze --settings braze.json',
    { CURRENTS_CREDENTIALS: newKey },
    1,
    'expected buyers as confirmation, got the end of the input',
  ],
  ['show nowhere', {}, 1, 'there is no segment sync with the id or the name "nowhere"'],
  ['pause ssy_999 --yes', {}, 1, 'there is no segment sync ssy_999'],
  ['show cur_1', {}, 1, 'expected the id of a SegmentSync'],
] as const)(
  'segments sync %s with %j ends with exit code %i and a sentence',
  async (words, environment, code, sentence) => {
    const { exitCode, stdout, stderr } = await sync(words, '', environment);
    expect([exitCode, stdout]).toEqual([code, '']);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^ +at /m);
  },
);

it('credentials are read from standard input or the environment, as JSON or as the only one', async () => {
  const first = await sync(
    'create buyers braze --settings braze.json --credentials-file - --yes --json',
    JSON.stringify({ restApiKey: brazeKey }),
  );
  expect(first.exitCode, first.stderr).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({ id: 'ssy_1', state: 'DRAFT', objectName: 'currents_buyers' });
  const other = ' --settings braze.json --set attribute=slow --set objectsPerRequest=1 --set requestsPerSecond=0.1';
  const second = await sync(`create buyers braze${other}`, 'buyers\n', { CURRENTS_CREDENTIALS: brazeKey });
  expect(second.exitCode, second.stderr).toBe(0);
  expect(second.stdout).toBe('ssy_2 is created: currents segments sync launch ssy_2 starts it\n');
  const taken = await sync('create buyers braze --yes --settings braze.json', '', { CURRENTS_CREDENTIALS: brazeKey });
  expect([taken.exitCode, taken.stderr]).toEqual([1, expect.stringContaining('currents_buyers')]);
});

it('launch shows what the first sync takes, and follows it until all members are there', async () => {
  const { exitCode, stdout, stderr } = await sync('launch currents_buyers --follow', 'currents_buyers\n');
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toMatch(/^Launches currents_buyers \(ssy_1, DRAFT\):\nname +currents_buyers\nmembers +3\n/);
  expect(stderr).toMatch(/Following ssy_1; Ctrl-C leaves it running\.$/m);
  expect(stdout).toMatch(/^state +LIVE since /m);
  expect(stdout).toMatch(/^delivered +3$/m);
  expect(held()).toEqual(['external:ann', 'external:bob', 'external:cyd']);
});

it('Ctrl-C leaves a first sync to the hub, and says how to follow it', async () => {
  const launch = cli.start('currents segments sync launch slow --follow --yes');
  await launch.waitFor(/^Following ssy_2;/m);
  launch.signal('SIGINT');
  const { exitCode, stderr } = await launch.ended;
  expect([exitCode, stderr]).toEqual([
    130,
    expect.stringContaining('left ssy_2, which goes on; to look at it again: currents segments sync watch ssy_2'),
  ]);
  const kept = await sync('delete slow --keep-values', 'slow\n');
  expect(kept.stderr).toMatch(/^Deletes slow \(ssy_2, LIVE\) for good; what the destination holds stays there\.$/m);
  expect([kept.exitCode, kept.stdout]).toEqual([0, 'slow is deleted\n']);
});

it('a paused sync holds back what changes, which drift counts and resume sends', async () => {
  expect((await sync('pause currents_buyers', 'currents_buyers\n')).stdout).toBe('currents_buyers is PAUSED\n');
  const watched = await sync('watch ssy_1');
  expect([watched.exitCode, watched.stderr]).toEqual([1, expect.stringContaining('ssy_1 is PAUSED; ')]);
  await buyers.push(['bob', 'cyd', 'dan']);
  const drifted = await sync('drift ssy_1 --exit-code --json');
  const expected = { memberCount: 3, heldCount: 2, missingCount: 1, surplusCount: 1, refusedCount: 0 };
  expect([drifted.exitCode, JSON.parse(drifted.stdout)]).toEqual([1, expect.objectContaining(expected)]);
  expect(held()).toContain('external:ann');
  expect((await sync('resume ssy_1', 'currents_buyers\n')).stdout).toBe('currents_buyers is LIVE\n');
  await until(held, (members) => members.join() === 'external:bob,external:cyd,external:dan', 30_000);
  expect((await sync('drift ssy_1 --exit-code')).exitCode).toBe(0);
}, 60_000);

it('resend sends those that differ, or all of them', async () => {
  const points = () => braze.control.countsOf('shop', 'currents_buyers').dataPoints;
  const before = points();
  expect((await sync('resend ssy_1 --yes --follow')).exitCode).toBe(0);
  expect(points()).toBe(before);
  const { exitCode, stderr } = await sync('resend ssy_1 --all --follow', 'currents_buyers\n');
  expect([exitCode, stderr]).toEqual([
    0,
    expect.stringMatching(
      /^Sends all members again to currents_buyers \(ssy_1, LIVE\):\nname +currents_buyers\nmembers +4\nrequests +1\n/,
    ),
  ]);
  // Those who have left are sent again, too.
  expect(points()).toBe(before + 4);
});

it('resend --dry-run says what it takes, and sends nothing', async () => {
  const points = braze.control.countsOf('shop', 'currents_buyers').dataPoints;
  const all = await sync('resend ssy_1 --all --dry-run');
  expect([all.exitCode, all.stderr]).toEqual([0, '']);
  expect(all.stdout).toMatch(/^members +4$/m);
  expect(all.stdout).toMatch(/^data points +4$/m);
  const changed = await sync('resend ssy_1 --dry-run --json');
  expect(JSON.parse(changed.stdout)).toMatchObject({ memberCount: 0, requestCount: 0, cost: { count: 0 } });
  const refused = await sync('resend ssy_1 --all', 'currents_buyer\n');
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('expected currents_buyers as')]);
  expect((await sync('show ssy_1')).stdout).not.toMatch(/^progress /m);
  expect(braze.control.countsOf('shop', 'currents_buyers').dataPoints).toBe(points);
});

it('refused lists whom the destination refused, and why, by reason', async () => {
  expect((await sync('refused ssy_1')).stderr).toBe('There are no such refusals.\n');
  await buyers.push(['bob', 'cyd', 'dan', 'eve']);
  const listed = await until(
    () => sync('refused ssy_1 --json'),
    ({ stdout }) => stdout !== '[]\n',
    30_000,
  );
  expect(JSON.parse(listed.stdout)).toEqual([
    {
      id: 'ref_1-1',
      type: 'ENTERED',
      code: 'refused_by_braze',
      detail: expect.stringMatching(/blacklisted|BLACKLISTED/) as string,
      refusedAt: expect.any(String) as string,
      isSuperseded: false,
      member: { externalId: 'eve', deviceId: null, alias: null },
    },
  ]);
  const shown = await sync('refused currents_buyers --code refused_by_braze --latest');
  expect(shown.stdout).toMatch(/^\S+ \S+ +external:eve +ENTERED +refused_by_braze +- +\S.*$/m);
  expect((await sync('refused ssy_1 --code device_id_only')).stderr).toBe('There are no such refusals.\n');
  expect(held()).not.toContain('external:eve');
}, 60_000);

it('a sync whose key is refused is followed with exit code 1, and lives again with another key', async () => {
  braze.control.setKeys('shop', [newKey]);
  const blocked = await sync('resend ssy_1 --all --follow --yes');
  expect(blocked.exitCode).toBe(1);
  expect(blocked.stderr).toMatch(/ssy_1 is BLOCKED \(\w+: .+\); currents segments sync watch ssy_1 follows it/);
  expect((await sync('show ssy_1')).stdout).toMatch(/^block +\w+: /m);
  cli.write('braze.key', newKey);
  const updated = await sync('update currents_buyers --credentials-file braze.key', 'currents_buyers\n');
  expect(updated.exitCode, updated.stderr).toBe(0);
  await until(
    () => sync('show ssy_1 --json'),
    ({ stdout }) => (JSON.parse(stdout) as { state: string }).state === 'LIVE',
    30_000,
  );
});

it('a viewer sees syncs, but neither settings nor examples', async () => {
  const made = await run('currents tokens create --role viewer --yes eye');
  const viewer = { CURRENTS_TOKEN: made.stdout.trim() };
  const shown = await sync('show ssy_1', '', viewer);
  expect(shown.stdout, shown.stderr).toMatch(/^segment +buyers \(seg_1\)$/m);
  expect((await sync('show ssy_1 --settings')).stdout).toMatch(/^settings +\{.*"attribute":"currents_buyers"/m);
  const refused = await sync('show ssy_1 --settings', '', viewer);
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('the hub refused: ')]);
  expect((await sync('refused ssy_1', '', viewer)).stderr).toContain('the hub refused: ');
  expect((await sync('pause ssy_1 --yes', '', viewer)).exitCode).toBe(1);
});

it('delete takes back what was sent, and is followed until the sync is gone', async () => {
  const { exitCode, stdout, stderr } = await sync('delete ssy_1 --follow', 'currents_buyers\n');
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toMatch(
    /^Deletes currents_buyers \(ssy_1, LIVE\) for good; the values of 3 users are taken back first\.$/m,
  );
  expect(stdout).toBe('currents_buyers is deleted\n');
  expect(held()).toEqual([]);
  expect((await sync('list buyers')).stderr).toBe('There are no such segment syncs.\n');
});

it('never prints a key', () => {
  expect(printed.length).toBeGreaterThan(50);
  for (const text of printed) for (const key of [brazeKey, newKey]) expect(text).not.toContain(key);
});
