import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningHub } from '../../src/hub/startHub.js';
import { event } from '../endToEnd/events.js';
import { openCli, type Cli } from './cliHarness.js';
import { fillHub, openHubs, post, secrets } from './configuredHub.js';

/** A hub that is set up, and one on an empty database, between which a file carries the configuration. */

let hubs: Awaited<ReturnType<typeof openHubs>>;
let source: RunningHub;
let target: RunningHub;
let folder: string;
let file: string;
let secretsFile: string;
let clis: Record<'source' | 'target', Cli>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'currents-config-'));
  file = join(folder, 'hub.yaml');
  secretsFile = join(folder, 'secrets.env');
  writeFileSync(
    secretsFile,
    Object.entries(secrets)
      .map((pair) => pair.join('='))
      .join('\n'),
  );
  hubs = await openHubs();
  [source, target] = await Promise.all([hubs.start(1), hubs.start(0)]);
  const cliOf = ({ api, adminToken }: RunningHub): Cli =>
    openCli({ CURRENTS_URL: api.url, CURRENTS_TOKEN: adminToken ?? '' });
  clis = { source: cliOf(source), target: cliOf(target) };
  await fillHub(source, hubs.baseUrls);
  await exportTo(file);
}, 180_000);
afterAll(async () => {
  for (const cli of Object.values(clis ?? {})) cli.close();
  await hubs?.close();
  rmSync(folder, { recursive: true });
});

async function exportTo(path: string, which: 'source' | 'target' = 'source'): Promise<string> {
  const { exitCode, stdout, stderr } = await clis[which].run('currents config export');
  expect([exitCode, stderr]).toEqual([0, '']);
  writeFileSync(path, stdout);
  return stdout;
}

const plan = (which: 'source' | 'target', more = '') => clis[which].run(`currents config plan ${more} ${file}`);
const apply = (more: string, path = file, input = '') =>
  clis.target.run(`currents config apply ${more} ${path}`, input);

it('an export holds no secrets, ids or times of creation', () => {
  const text = readFileSync(file, 'utf8');
  for (const secret of Object.values(secrets)) if (secret.length > 10) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/\b(cur|coh|seg|tok|key|whk)_\w/);
  expect(text.match(/\d{4}-\d\d-\d\dT\S+/g)).toHaveLength(1);
  expect(text).toContain('validUntil: ');
});

it('an export is readable, and sorted', () => {
  const text = readFileSync(file, 'utf8');
  expect([...text.matchAll(/^ {2}- name: (.+)$/gm)].map(([, name]) => name)).toEqual([
    `'5 without credentials: "é"'`,
    ...[
      'Apps to Amplitude',
      'Later',
      'Mail to Mixpanel',
      'Refused',
      'Buyers who read',
      'anyone at all',
      'Tests',
      'braze',
    ],
  ]);
  expect(text).toContain(`    credentials:
      kind: serviceAccount
      projectId: \${env:MAIL_TO_MIXPANEL_PROJECT_ID}
      secret: \${env:MAIL_TO_MIXPANEL_SECRET}
      username: \${env:MAIL_TO_MIXPANEL_USERNAME}
`);
  expect(text).toContain(`    definition:
      all:
        - includes: mixpanel/12
        - any:
            - includes: amplitude/7khm89cz
            - not:
                excludes: crm/vip/eu
`);
  expect(text).toContain(`    syncs:
      - destination: braze
        state: draft
        settings:
          afterLeaving: "false"
          attribute: currents_readers
`);
  expect(text).toMatch(/^noticeWebhooks:\n {2}- http:\/\/127\.0\.0\.1:9\/notices$/m);
});

it('the hub of an export has nothing to change', async () => {
  const { exitCode, stdout, stderr } = await plan('source', '--exit-code');
  expect([exitCode, stdout, stderr]).toEqual([0, `Nothing to change at ${source.api.url}.\n`, '']);
});

it('a plan says what is missing, and nothing is changed before it is confirmed', async () => {
  const { exitCode, stdout } = await plan('target', '--exit-code');
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^\d+ changes at http/);
  expect(stdout).toContain('  create  Current Mail to Mixpanel\n            destination: mixpanel\n');
  expect(stdout).toContain('Current Refused stays a draft until REFUSED_TOKEN is set');
  expect(stdout).not.toContain('launch  Current');
  const refused = await apply(`--secrets ${secretsFile}`, file, 'yes\n');
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('expected apply as confirmation, got another text; nothing was changed');
  expect(await exportTo(join(folder, 'empty.yaml'), 'target')).toMatch(/^currents: \[\]$/m);
});

it('an empty hub becomes the same: its export is byte-equal, and a second plan is empty', async () => {
  const { exitCode, stdout, stderr } = await apply(`--secrets ${secretsFile}`, file, 'apply\n');
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toMatch(/\[1\/(\d+)\] create import partner crm$[\s\S]*^\1 of \1 changes are done\.$/m);
  expect(await exportTo(join(folder, 'target.yaml'), 'target')).toBe(readFileSync(file, 'utf8'));
  const second = await plan('target', `--secrets ${secretsFile} --exit-code`);
  expect([second.exitCode, second.stdout]).toEqual([0, `Nothing to change at ${target.api.url}.\n`]);
  const again = await apply(`--secrets ${secretsFile} --yes`);
  expect([again.exitCode, again.stdout, again.stderr]).toEqual([0, '', `Nothing to change at ${target.api.url}.\n`]);

  const shown = stdout.trim().split('\n');
  expect(shown.map((line) => line.replace(/: [^ ]+$/, ''))).toEqual([
    ...['webhook', 'webhook'].map((kind) => `${kind} Buyers who read http://127.0.0.1:9/segments`),
    'notice webhook http://127.0.0.1:9/notices',
    ...['import key crm main', 'import key crm main', 'import key mixpanel sync'],
    ...['ingest token Tests', 'ingest token braze'],
  ]);
  const token = shown.at(-1)?.split(': ').at(-1) ?? '';
  expect(await post(target, token, [event()])).toBe(200);
});

it('a change is planned from what is to what will be, and what the file does not name stays without --prune', async () => {
  const changed = join(folder, 'changed.yaml');
  const text = readFileSync(file, 'utf8')
    .replace('lingerMs: 0', 'lingerMs: 500')
    .replace('region: eu', 'region: us')
    .replace('    state: paused\n', '    state: live\n')
    .replace('eventsPerSecond: 50', 'eventsPerSecond: 60')
    .replace(/ {2}- name: anyone at all\n(?: {4}.*\n)+/, '');
  writeFileSync(changed, text);
  const planned = await clis.target.run(`currents config plan ${changed}`);
  expect(planned.stdout).toBe(
    `4 changes at ${target.api.url}:
  change  Current Mail to Mixpanel
            lingerMs: 0 → 500
            settings.region: "eu" → "us"
  change  ingest token Tests
            eventsPerSecond: 50 → 60
  resume  Current Apps to Amplitude
            state: paused → live
Left as it is, because the file does not name it (--prune deletes it):
  segment anyone at all
`.replace('4 changes', '3 changes'),
  );
  const kept = await apply('--yes', changed);
  expect(kept.exitCode, kept.stderr).toBe(0);
  const pruned = await apply('--prune', changed, 'prune\n');
  expect(pruned.exitCode, pruned.stderr).toBe(0);
  expect(pruned.stderr).toContain('[1/1] delete segment anyone at all');
  expect(await exportTo(join(folder, 'target.yaml'), 'target')).toBe(text);
});

it('apply goes on where it has failed: without credentials first, on a hub that --prune has emptied', async () => {
  const none = join(folder, 'none.yaml');
  const sections = [
    'currents',
    'importPartners',
    'cohorts',
    'segments',
    'importKeys',
    'ingestTokens',
    'noticeWebhooks',
  ];
  writeFileSync(none, ['version: 1', ...sections.map((section) => `${section}: []`)].join('\n'));
  const emptied = await apply('--prune --yes', none);
  expect(emptied.exitCode, emptied.stderr).toBe(0);

  const out = join(folder, 'tokens.json');
  const first = await apply(`--yes --secrets-out ${out}`);
  expect(first.exitCode).toBe(1);
  // Pulls need the credentials of a Current.
  expect(first.stderr).toMatch(/change +cohort amplitude\/7khm89cz$\n {2}failed: the Current has no credentials/m);
  expect(first.stderr).toMatch(/\d+ of \d+ changes are done; apply the file again for the rest/);
  expect(first.stdout).toBe('');
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const kinds = readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
  expect(kinds.filter((kind) => kind === 'ingest token')).toHaveLength(2);

  const rest = await apply(`--yes --secrets ${secretsFile} --json`);
  expect(rest.exitCode, rest.stderr).toBe(0);
  const done = JSON.parse(rest.stdout) as { done: readonly { verb: string }[]; failed: readonly unknown[] };
  expect(done.failed).toEqual([]);
  expect(new Set(done.done.map(({ verb }) => verb))).toEqual(new Set(['create', 'change', 'launch']));
  expect(await exportTo(join(folder, 'target.yaml'), 'target')).toBe(readFileSync(file, 'utf8'));
}, 60_000);
