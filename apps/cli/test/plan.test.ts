import { describe, expect, it } from 'vitest';
import type { HubFile } from '../src/hubFile/hubFile.js';
import { mergePatchBetween } from '../src/hubFile/plan/differences.js';
import { describePlan, planChanges } from '../src/hubFile/plan/plan.js';
import type { Plan } from '../src/hubFile/plan/step.js';
import type { HubState } from '../src/hubFile/readHub.js';
import { parseHubFile } from '../src/hubFile/readHubFile.js';

const entry = {
  name: 'mail',
  destination: 'mixpanel',
  contactEmail: 'ana@example.com',
  settings: { region: 'eu', gzip: true },
  selection: { groups: ['message'], channels: [], eventTypes: [] },
  fieldRules: { isWithoutContactDetails: false, rules: [] },
  lingerMs: 250,
};
const mail = {
  id: 'cur_1',
  version: 1,
  state: 'LIVE',
  credentials: { kind: 'projectToken', fields: ['token'] },
  entry,
} as const;

const hub: HubState = {
  defaultSettings: new Map([['mixpanel', { gzip: true }]]),
  exportDestinations: new Map([['braze', { defaultSettings: { rate: 50 }, credentialFields: ['restApiKey'] }]]),
  currents: [mail],
  importPartners: [],
  cohorts: [{ id: 'coh_1', entry: { partner: 'mixpanel', id: '12', name: 'Buyers' } }],
  segments: [],
  importKeys: [],
  ingestTokens: [{ id: 'tok_1', entry: { name: 'braze' } }],
  noticeWebhooks: [{ id: 'ntw_1', entry: 'https://example.com/notices' }],
};

const yaml = `  - name: mail
    destination: mixpanel
    state: live
    contactEmail: ana@example.com
    settings: { region: eu }
    credentials: { kind: projectToken, token: '\${env:TOKEN}' }
    selection: { groups: [message] }
`;
const read = (content: string): HubFile => parseHubFile(`version: 1\n${content}`, 'hub.yaml');
const planOf = (content: string, more: Partial<Parameters<typeof planChanges>[0]> = {}): Plan =>
  planChanges({
    file: read(content),
    hub,
    secrets: {},
    isPruning: false,
    replacesCredentials: false,
    skipsTest: false,
    ...more,
  });
const wordsOf = (plan: Plan): readonly string[] =>
  plan.steps.map(({ verb, subject, details }) => `${verb} ${subject}: ${details.join('; ')}`);

describe('a plan', () => {
  it('is empty for what is left out of the file, and for defaults', () => {
    const plan = planOf(`currents:\n${yaml}`);
    expect(plan).toEqual({ steps: [], leftOver: [], notes: [], problems: [] });
    expect(describePlan(plan, 'http://hub')).toBe('Nothing to change at http://hub.');
  });

  it.each([
    [
      'contactEmail: ana',
      'contactEmail: bo',
      'change Current mail: contactEmail: "ana@example.com" → "bo@example.com"',
    ],
    ['name: mail', 'name: Mail', 'change Current mail: name: "mail" → "Mail"'],
    ['region: eu', 'region: eu, gzip: false', 'change Current mail: settings.gzip: true → false'],
    ['state: live', 'state: paused', 'pause Current mail: state: live → paused'],
    [
      'groups: [message]',
      'groups: [message], channels: [message/sms, message/sms]',
      'change Current mail: selection: {"groups":["message"],"channels":[],"eventTypes":[]} → {"groups":["message"],"channels":["message/sms"],"eventTypes":[]}',
    ],
  ])('with %j as %j names the change', (from, to, words) => {
    expect(wordsOf(planOf(`currents:\n${yaml.replace(from, to)}`))).toEqual([words]);
  });

  it('replaces credentials only when their fields differ, or when asked to', () => {
    const other = yaml.replace('kind: projectToken, token', 'kind: apiSecret, apiSecret');
    const secrets = { TOKEN: 'CANARY' };
    expect(planOf(`currents:\n${yaml}`, { secrets }).steps).toEqual([]);
    expect(wordsOf(planOf(`currents:\n${yaml}`, { secrets, replacesCredentials: true }))).toEqual([
      'change Current mail: credentials: projectToken (token), replaced',
    ]);
    expect(wordsOf(planOf(`currents:\n${other}`, { secrets }))).toEqual([
      'change Current mail: credentials: projectToken (token) → apiSecret (apiSecret)',
    ]);
    expect(planOf(`currents:\n${other}`)).toMatchObject({
      steps: [],
      notes: ['Current mail keeps its credentials until TOKEN is set, in the environment or in the file of --secrets'],
    });
  });

  it('launches a draft once it has credentials', () => {
    const draft = { ...hub, currents: [{ ...mail, state: 'DRAFT' as const, credentials: null }] };
    expect(planOf(`currents:\n${yaml}`, { hub: draft })).toMatchObject({
      steps: [],
      notes: [expect.stringContaining('Current mail stays a draft until TOKEN is set')],
    });
    expect(wordsOf(planOf(`currents:\n${yaml}`, { hub: draft, secrets: { TOKEN: 'x' } }))).toEqual([
      'change Current mail: credentials: none → projectToken (token)',
      'launch Current mail: state: draft → live',
    ]);
  });

  it('leaves a blocked Current that is to be live', () => {
    const blocked = { ...hub, currents: [{ ...mail, state: 'BLOCKED' as const }] };
    expect(planOf(`currents:\n${yaml}`, { hub: blocked }).steps).toEqual([]);
  });

  it('names what the file does not, and deletes it only when asked to', () => {
    const content = 'currents: []\ningestTokens: []';
    expect(planOf(content)).toMatchObject({ steps: [], leftOver: ['Current mail', 'ingest token braze'] });
    expect(wordsOf(planOf(content, { isPruning: true }))).toEqual([
      'delete Current mail: state: live → deleted, for good; its pending events expire',
      'revoke ingest token braze: events with it are refused from then on',
    ]);
  });

  it.each([
    [
      `currents:\n${yaml.replace('mixpanel', 'amplitude')}`,
      'has the destination mixpanel, which cannot become amplitude',
    ],
    [`currents:\n${yaml.replace('live', 'draft')}`, 'is LIVE and cannot become a draft again'],
    [
      'segments: [{ name: a, definition: { not: { includes: crm/1 } } }]',
      'uses crm/1, which neither the file nor the hub',
    ],
    [
      'cohorts: [{ partner: mixpanel, id: "9", name: a, pulledBy: gone }]',
      'pulled by gone, but there is no such Current',
    ],
    ['cohorts: [{ partner: crm, id: "9", name: a, pulledBy: mail }]', 'expected a Current of crm, got one of mixpanel'],
  ])('of %j is refused', (content, words) => {
    const plan = planOf(content);
    expect(plan.problems).toEqual([expect.stringContaining(words)]);
    expect(describePlan(plan, 'http://hub')).toContain('The file cannot be applied:');
  });

  it('creates and deletes notice webhooks by their URLs', () => {
    const content = 'noticeWebhooks: [https://example.com/other]';
    expect(wordsOf(planOf(content))).toEqual(['create notice webhook https://example.com/other: ']);
    expect(planOf(content).leftOver).toEqual(['notice webhook https://example.com/notices']);
    expect(wordsOf(planOf('noticeWebhooks: []', { isPruning: true }))).toEqual([
      'delete notice webhook https://example.com/notices: pending notices are not sent to it',
    ]);
  });

  describe('of segment syncs', () => {
    const segment = (state: string, more = ''): string =>
      `segments: [{ name: buyers, definition: { includes: mixpanel/12 }, syncs: [{ destination: braze, state: ${state},
        settings: { attribute: buyers${more} }, credentials: { restApiKey: '\${env:KEY}' } }] }]`;
    const having = (state: 'DRAFT' | 'LIVE' | 'PAUSED' | 'BLOCKED'): HubState => ({
      ...hub,
      segments: [
        {
          id: 'seg_1',
          version: 1,
          entry: { name: 'buyers', definition: { includes: 'mixpanel/12' } },
          webhooks: [],
          syncs: [
            {
              id: 'ssy_1',
              state,
              objectName: 'buyers',
              entry: { destination: 'braze', settings: { attribute: 'buyers', rate: 50 } },
            },
          ],
        },
      ],
    });
    const what = 'sync of the segment buyers to braze';

    it('creates and launches one with credentials, and names the variables that are missing', () => {
      expect(wordsOf(planOf(segment('live'), { secrets: { KEY: 'CANARY' } })).slice(1)).toEqual([
        `create ${what}: settings: {"rate":50,"attribute":"buyers"}`,
        `launch ${what}: state: draft → live, which sends all members once`,
      ]);
      expect(wordsOf(planOf(segment('paused'), { secrets: { KEY: 'CANARY' } }))).toHaveLength(2);
      expect(planOf(segment('live')).notes).toEqual([
        `${what} is not created until KEY is set, in the environment or in the file of --secrets`,
      ]);
    });

    it.each([
      ['live', 'DRAFT', ['launch']],
      ['live', 'PAUSED', ['resume']],
      ['live', 'BLOCKED', []],
      ['paused', 'LIVE', ['pause']],
      ['paused', 'BLOCKED', ['pause']],
      ['paused', 'DRAFT', []],
      ['draft', 'DRAFT', []],
    ] as const)('makes one %s that is %s by %j', (state, former, verbs) => {
      expect(planOf(segment(state), { hub: having(former) }).steps.map(({ verb }) => verb)).toEqual(verbs);
    });

    it('refuses other settings, and replaces credentials only when asked to', () => {
      expect(planOf(segment('live', ', rate: 9'), { hub: having('LIVE') }).problems).toEqual([
        `the settings of the ${what} as buyers cannot be changed (rate: 50 → 9); delete it first`,
      ]);
      const given = { hub: having('LIVE'), secrets: { KEY: 'CANARY' }, replacesCredentials: true };
      expect(wordsOf(planOf(segment('live'), given))).toEqual([`change ${what} as buyers: credentials: replaced`]);
    });

    it('deletes one that the file does not name only when asked to', () => {
      const content = 'segments: [{ name: buyers, definition: { includes: mixpanel/12 } }]';
      expect(planOf(content, { hub: having('LIVE') })).toMatchObject({ steps: [], leftOver: [`${what} as buyers`] });
      expect(wordsOf(planOf(content, { hub: having('LIVE'), isPruning: true }))).toEqual([
        `delete ${what} as buyers: what was sent is taken back first`,
      ]);
    });
  });

  it('pairs keys of the same name by their ends, and creates one that ends before the other', () => {
    const keys = (...ends: readonly string[]): string =>
      `importKeys: [${ends.map((end) => `{ partner: crm, name: main${end && `, validUntil: "${end}"`} }`).join(', ')}]`;
    const end = '2999-01-01T00:00:00Z';
    expect(wordsOf(planOf(keys('', end)))).toEqual([
      `create import key main of crm: validUntil: ${end}`,
      'create import key main of crm: no end',
    ]);
    const had = { ...hub, importKeys: [{ id: 'key_1', entry: { partner: 'crm', name: 'main' } }] };
    // A rotation: the present key ends, and another one follows.
    expect(wordsOf(planOf(keys('', end), { hub: had }))).toEqual([
      `change import key main of crm: validUntil: no end → ${end}`,
      'create import key main of crm: no end',
    ]);
    expect(wordsOf(planOf(keys(end), { hub: had }))).toEqual([
      `change import key main of crm: validUntil: no end → ${end}`,
    ]);
    expect(planOf(keys('2020-01-01T00:00:00Z'))).toMatchObject({
      steps: [],
      notes: ['import key main of crm is not created: it was valid until 2020-01-01T00:00:00Z'],
    });
  });
});

it('a merge patch removes, replaces and goes into objects', () => {
  expect(mergePatchBetween({ a: 1, b: 2, c: { d: 1, e: 2 }, f: 1 }, { a: 1, b: 3, c: { d: 1 }, g: [1] })).toEqual({
    b: 3,
    c: { e: null },
    f: null,
    g: [1],
  });
});
