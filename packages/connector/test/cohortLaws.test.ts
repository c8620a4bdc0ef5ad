import { brazeCohorts } from '@currents/connector';
import type { CohortImport, CohortPull, CohortRoute, Connector, ParsedPush, PushReply } from '@currents/connector';
import { jsonAnswer } from '@currents/connector/conformance';
import { describe, expect, it } from 'vitest';
import type { CohortExample } from '../src/conformance/examples.js';
import { cohortLaws } from '../src/conformance/cohortLaws.js';
import type { Law } from '../src/conformance/law.js';
import { pullLaws } from '../src/conformance/pullLaws.js';
import { logbook } from './toy/logbook.js';

/** The result of the laws whose names contain this text. */
async function resultOf(laws: readonly Law[], name: string): Promise<'hold' | 'broken' | 'no such law'> {
  const meant = laws.filter((law) => law.name.includes(name));
  if (meant.length === 0) return 'no such law';
  const proofs = await Promise.allSettled(meant.map(async (law) => law.prove()));
  return proofs.some(({ status }) => status === 'rejected') ? 'broken' : 'hold';
}

const key = 'cur_import_Zk3vQ0mT9wYb';
const push = (body: object) => ({
  path: {},
  headers: {},
  body: JSON.stringify({ client_secret: key, cohort_id: 'c-1', ...body }),
});
const examples: readonly CohortExample[] = [
  {
    name: 'cohort',
    route: 'cohorts',
    key,
    push: push({ name: 'Buyers', created_at: '2026-01-21' }),
    parsed: {
      changes: [{ kind: 'declare', cohort: { id: 'c-1', name: 'Buyers', createdAtMs: Date.UTC(2026, 0, 21) } }],
      refused: {},
    },
  },
  {
    name: 'users',
    route: 'cohorts/users',
    key,
    push: push({ cohort_changes: [{ user_ids: ['customer-1', 'customer-2'] }] }),
    parsed: {
      changes: [
        { kind: 'add', cohort: { id: 'c-1' }, members: [{ externalId: 'customer-1' }, { externalId: 'customer-2' }] },
      ],
      refused: {},
    },
  },
];

const changed = (change: (route: CohortRoute) => Partial<CohortRoute>): CohortImport => ({
  routes: brazeCohorts.routes.map((route) => ({ ...route, ...change(route) })),
});
const reparsed = (change: (parsed: ParsedPush) => unknown) =>
  changed((route) => ({ parse: (from) => change(route.parse(from)) as ParsedPush }));
const reanswered = (change: (reply: PushReply, outcome: string) => Partial<PushReply>) =>
  changed((route) => ({
    reply: (to, result) => ({ ...route.reply(to, result), ...change(route.reply(to, result), result.outcome) }),
  }));
let calls = 0;

describe('the laws for the import of cohorts', () => {
  it('hold for the partner protocol', async () => {
    expect(await resultOf(cohortLaws(brazeCohorts, examples), '')).toBe('hold');
  });

  it.each<[law: string, how: string, CohortImport]>([
    ['has a path and a description for every route', 'no description', changed(() => ({ description: '' }))],
    [
      'has a path and a description for every route',
      'a route twice',
      { routes: [...brazeCohorts.routes, ...brazeCohorts.routes] },
    ],
    [
      'has a path and a description for every route',
      'a path with a leading slash',
      changed(({ path }) => ({ path: `/${path}` })),
    ],
    [
      'reads the example',
      'omits a member',
      reparsed((parsed) =>
        'changes' in parsed ? { ...parsed, changes: parsed.changes.map((one) => ({ ...one, members: [] })) } : parsed,
      ),
    ],
    ['reads the example', 'another key', changed(() => ({ readKey: () => 'another' }))],
    ['is pure', 'counts', reparsed((parsed) => ({ ...parsed, dedupeKey: String(calls++) }))],
    [
      'is pure',
      'writes to the push',
      changed((route) => ({ parse: (from) => route.parse(Object.assign(from, { seen: true })) })),
    ],
    [
      'never throws',
      'trusts the JSON',
      changed((route) => ({ parse: (from) => (JSON.parse(from.body), route.parse(from)) })),
    ],
    [
      'never throws',
      'trusts the headers',
      changed(() => ({
        readKey: ({ headers }) => headers['authorization']?.split(' ')[1]?.toUpperCase() ?? ([] as never),
      })),
    ],
    [
      'never throws',
      'accepts an empty id',
      changed((route) => ({
        parse: (from) =>
          from.body.includes('""')
            ? { changes: [{ kind: 'add', cohort: { id: 'c' }, members: [{ externalId: '' }] }], refused: {} }
            : route.parse(from),
      })),
    ],
    [
      'never throws',
      'counts zero refused members',
      reparsed((parsed) => ('changes' in parsed ? { ...parsed, refused: { no_id: 0 } } : parsed)),
    ],
    ['answers every result', 'success for all', reanswered(() => ({ status: 200 }))],
    ['answers every result', 'no JSON', reanswered(() => ({ body: 'great' }))],
    [
      'answers every result',
      '403 for a bad key',
      reanswered(({ status }) => ({ status: status === 401 ? 403 : status })),
    ],
    [
      'answers every result',
      'answers 400 when it is busy',
      reanswered(({ status }, outcome) => ({ status: outcome === 'busy' ? 400 : status })),
    ],
    [
      'repeats neither',
      'the body',
      changed((route) => ({ reply: (to, result) => ({ ...route.reply(to, result), body: JSON.stringify(to.body) }) })),
    ],
  ])('fail for an import that breaks "%s": %s', async (law, _, cohortImport) => {
    expect(await resultOf(cohortLaws(cohortImport, examples), law)).toBe('broken');
  });
});

interface Context {
  readonly settings: { readonly host: string };
  readonly credentials: { readonly token: string };
}
type Pull = CohortPull<Context['settings'], Context['credentials']>;

/** Logbook has a list of readers, in pages of two. */
const readers: Pull = {
  description: 'Needs a token.',
  limits: { maxConcurrentSteps: 1, budgets: [{ unit: 'steps', limit: 10, periodMs: 1_000 }] },
  async list({ settings: { host }, credentials: { token }, http }) {
    const answer = await http.request({
      method: 'GET',
      url: `https://${host}/lists`,
      headers: { authorization: token },
    });
    return answer.status === 200 && 'body' in answer && answer.body.startsWith('[{')
      ? { outcome: 'listed', cohorts: JSON.parse(answer.body) }
      : later;
  },
  async pull(cohortId, place, { settings: { host }, credentials: { token }, http }, take) {
    const page = place === undefined ? 0 : Number(JSON.parse(place));
    const answer = await http.request({
      method: 'GET',
      url: `https://${host}/lists/${cohortId}/${page}`,
      headers: { authorization: token },
    });
    if (answer.status !== 200 || !('body' in answer) || !answer.body.startsWith('["')) return later;
    const ids = JSON.parse(answer.body) as string[];
    await take({ members: ids.map((externalId) => ({ externalId })), refused: {} });
    return ids.length < 2
      ? { outcome: 'complete' }
      : { outcome: 'continue', cursor: JSON.stringify(page + 1), afterMs: 0 };
  },
};
const later = { outcome: 'deferred', code: 'later', detail: 'not now' } as const;

function lawsFor(changes: Partial<Pull>): Law[] {
  return pullLaws({
    connector: { ...logbook, cohortPull: { ...readers, ...changes } } as Connector,
    settings: { host: 'logbook.example.com' },
    credentials: { token: 'lb_4f8a1c0e97d24b36' },
    secrets: ['token'],
    list: { answer: jsonAnswer(200, [{ id: 'c' }]), then: [{ id: 'c' }] },
    cohortId: 'c',
    steps: [
      { answers: [jsonAnswer(200, ['a', 'b'])], members: ['a', 'b'] },
      { answers: [jsonAnswer(200, ['d'])], members: ['d'] },
    ],
  });
}

/** Like `readers`, with another result. */
const repulled = (change: (step: Awaited<ReturnType<Pull['pull']>>, to: Context) => unknown): Partial<Pull> => ({
  pull: async (id, place, to, take) => change(await readers.pull(id, place, to, take), to) as never,
});

describe('the laws for pulling cohorts', () => {
  it('hold for a correct pull', async () => {
    expect(await resultOf(lawsFor({}), '')).toBe('hold');
  });

  it.each<[law: string, how: string, Partial<Pull>]>([
    [
      'has a description, and limits above zero',
      'no concurrent steps',
      { limits: { maxConcurrentSteps: 0, budgets: [] } },
    ],
    ['lists the partner’s cohorts', 'none', { list: async () => ({ outcome: 'listed', cohorts: [] }) }],
    ['hands over every member', 'stops early', repulled(() => ({ outcome: 'complete' }))],
    [
      'hands over every member',
      'keeps them',
      { pull: (id, place, to) => readers.pull(id, place, to, async () => undefined) },
    ],
    [
      'makes cursors of JSON, without secrets',
      'the token in the cursor',
      repulled((step, to) => ('cursor' in step ? { ...step, cursor: JSON.stringify(to.credentials.token) } : step)),
    ],
    [
      'rethrows what the receiver',
      'swallows it',
      { pull: (id, place, to, take) => readers.pull(id, place, to, (page) => take(page).catch(() => undefined)) },
    ],
    [
      'defers in an outage',
      'fails',
      repulled((step) => (step.outcome === 'deferred' ? { ...step, outcome: 'failed', recovery: 'automatic' } : step)),
    ],
    [
      'defers in an outage',
      'treats it as the end',
      { pull: async (id, place, to, take) => (await readers.pull(id, place, to, take), { outcome: 'complete' }) },
    ],
    ['reads every answer', 'an empty detail', repulled((step) => ('detail' in step ? { ...step, detail: '' } : step))],
    [
      'reads every answer',
      'repeats the token',
      repulled((step, to) => ('detail' in step ? { ...step, detail: to.credentials.token } : step)),
    ],
    [
      'sends credentials only to the partner',
      'sends requests to another host',
      {
        pull: (id, place, to, take) =>
          readers.pull(id, place, { ...to, settings: { host: 'elsewhere.example.com' } }, take),
      },
    ],
  ])('fail for a pull that breaks "%s": %s', async (law, _, changes) => {
    expect(await resultOf(lawsFor(changes), law)).toBe('broken');
  });
});
