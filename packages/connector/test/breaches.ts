import { answerAll } from '@currents/connector';
import type {
  Connector,
  HttpAnswer,
  HttpRequest,
  Item,
  RateLimit,
  SendContext,
  SendResult,
  SendOutcome,
} from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { z } from 'zod';
import type { RouteOptions } from '@currents/connector/conformance';
import { clicks, routedToy } from './routedToy.js';
import { logbook } from './toy/logbook.js';

type Toy = Connector<any, any, any>;
type Items = readonly Item<any>[];
type Context = SendContext<any, any>;

export interface Breach {
  /** Whether the connector claims that its partner confirms events by a success alone. */
  readonly confirmsBySuccess?: boolean;
  /** What the suite is given of the connector's routes; default: none. */
  readonly routes?: Readonly<Record<string, RouteOptions>>;
  /** Part of the name of the law that has to fail. */
  readonly law: string;
  readonly how: string;
  readonly changes: Partial<Toy>;
  /** Valid settings of the connector; default: the toy's. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

const toy: Toy = logbook;
const wait: SendOutcome = { outcome: 'deferred', code: 'later', detail: 'later', scope: 'current' };
const refuse = { outcome: 'refused', code: 'no', detail: 'no' } as const;
let calls = 0;

/** Ways to break the contract, each with the law that has to fail. */
export const breaches: readonly Breach[] = [
  { law: 'is a lower-case word', how: 'capitals', changes: { name: 'Logbook' } },
  { law: 'are scheme and host', how: 'a path', changes: { origins: () => ['https://logbook.example.com/entries'] } },
  { law: 'to a declared origin', how: 'another one', changes: { origins: () => ['https://example.com'] } },

  {
    law: 'delivers nothing without a warning',
    how: 'takes any 200 for a success',
    changes: {
      async send(items: Items, to: Context) {
        const { status } = await to.http.request({ method: 'POST', url: 'https://logbook.example.com/entries' });
        return answerAll(items, status === 200 ? { outcome: 'delivered' } : wait);
      },
    },
  },

  {
    law: 'delivers every event by a success',
    how: 'waits for a body that says more',
    confirmsBySuccess: true,
    changes: {},
  },
  { law: 'has a whole number of milliseconds', how: 'half a one', changes: { maxAheadMs: 0.5 } },
  {
    law: 'credentials with secrets are among the valid ones',
    how: 'knows no token',
    changes: { credentials: z.strictObject({ token: z.literal('lb_4f8a1c0e97d24b36').transform(() => 7) }) },
  },

  {
    law: 'is not shared by two event types',
    how: 'one name for all',
    changes: { nameOf: (type) => (toy.nameOf(type) === undefined ? undefined : 'Message') },
  },

  {
    law: 'are refused with the field named: host',
    how: 'takes any',
    changes: { settings: z.strictObject({ host: z.string().optional() }) },
  },
  { law: 'an unknown field', how: 'accepts it', changes: { settings: z.object({ host: z.hostname() }) } },
  {
    law: 'describe every field',
    how: 'has no description',
    changes: { settings: z.strictObject({ host: z.hostname() }) },
  },
  {
    law: 'stay the same when they are parsed again',
    how: 'grows',
    changes: { credentials: tokenParser((token) => `${token}!`) },
  },
  { law: 'are not repeated in the message', how: 'repeats them', changes: { credentials: tokenParser(complain) } },

  {
    law: 'sends a replayed event if',
    how: 'skips it',
    changes: {
      map: (event, settings, isReplay) => (isReplay ? { skip: 'old' } : toy.map(event, settings)),
    },
  },
  {
    law: 'says in a sentence what happens to repetitions',
    how: 'has no end of the window',
    changes: { deduplication: { rule: 'It drops repetitions.', windowMs: Infinity, source: 'Logbook, Entries' } },
  },

  { law: 'is pure', how: 'reads the clock', changes: mapping((payload) => ({ ...payload, sent: Date.now() })) },
  {
    law: 'is pure',
    how: 'reads the clock by new Date()',
    changes: mapping((payload) => ({ ...payload, sent: new Date() })),
  },
  {
    law: 'is pure',
    how: 'uses random numbers',
    changes: mapping((payload) => ({ ...payload, random: Math.random() })),
  },
  { law: 'is pure', how: 'counts', changes: mapping((payload) => ({ ...payload, count: calls++ })) },
  {
    law: 'writes neither to the event',
    how: 'writes',
    changes: mapping((payload, event) => Object.assign(event.properties, { seen: 1 }) && payload),
  },
  {
    law: 'does not depend on the order',
    how: 'takes the first',
    settings: { host: 'logbook.example.com', page: 'left' },
    changes: {
      settings: z.record(z.string(), z.unknown()),
      ...mapping((payload, _, settings) => ({ ...payload, first: Object.keys(settings as object)[0] })),
    },
  },
  { law: 'gives only listed reasons', how: 'lists none', changes: { reasons: {} } },
  {
    law: 'each is a word with a sentence',
    how: 'a sentence',
    changes: { reasons: { ...toy.reasons, 'No good': 'It is no good.' } },
  },
  { law: 'makes a payload of every event type', how: 'skips sends', changes: skipping('Send') },
  { law: 'none is too large', how: 'takes 10 bytes', changes: limiting({ maxEventBytes: 10 }) },
  {
    law: 'makes no payload of an event type that has no name',
    how: 'takes all',
    changes: { map: (event) => ({ payload: event }) },
  },
  {
    law: 'puts the event’s id into the payload',
    how: 'omits it',
    changes: mapping(({ key: _, ...payload }) => payload),
  },
  {
    law: 'makes different payloads of different ids',
    how: 'cuts it',
    changes: mapping((payload) => ({ ...payload, key: String(payload['key']).slice(0, 36) })),
  },
  { law: 'maps the example', how: 'adds a field', changes: mapping((payload) => ({ ...payload, extra: 1 })) },
  {
    law: 'never override what the connector sets',
    how: 'copies over',
    changes: mapping((payload, event) => ({ ...payload, ...event.properties })),
  },
  { law: 'are only properties', how: 'assigns __proto__', changes: mapping(assignProperties) },

  { law: 'is data', how: 'no events', changes: limiting({ maxEvents: 0 }) },
  { law: 'is data', how: 'half a request', changes: limiting({ maxConcurrentRequests: 0.5 }) },
  {
    law: 'is data',
    how: 'another number each time',
    changes: { rateLimit: () => ({ ...toy.rateLimit({}), maxConcurrentRequests: ++calls }) },
  },
  { law: 'fits the largest event into a request', how: 'too little', changes: limiting({ maxBytes: 100_000 }) },
  {
    law: 'names the same budget key',
    how: 'a new key each time',
    changes: limiting({ budgets: [{ name: 'x', key: () => `${calls++}`, unit: 'events', limit: 1, periodMs: 1 }] }),
  },

  {
    law: 'names only routes with limits',
    how: 'names another',
    changes: { map: (event, settings) => ({ ...toy.map(event, settings), route: 'clicks' }) },
  },
  {
    law: 'names only routes with limits',
    how: 'declares one that it never names',
    routes: { clicks },
    changes: { ...routedToy, map: toy.map },
  },
  {
    law: 'the same if the event is replayed',
    how: 'sends it elsewhere',
    routes: { clicks },
    changes: {
      ...routedToy,
      map: (event, settings, isReplay) => (isReplay ? toy : routedToy).map(event, settings),
    },
  },
  { law: 'has routes of which the suite is given', how: 'says nothing of one', changes: routedToy },
  {
    law: 'on the route clicks without a warning only by what confirms',
    how: 'takes any 200 for a success',
    routes: { clicks },
    changes: {
      ...routedToy,
      async send(items: Items, to: Context) {
        await routedToy.send(items, to);
        return answerAll(items, { outcome: 'delivered' });
      },
    },
  },
  {
    law: 'interprets the answer as expected on the route clicks: 401',
    how: 'waits',
    routes: { clicks },
    changes: { ...routedToy, send: async (items, to) => (await routedToy.send(items, to), answerAll(items, wait)) },
  },
  {
    law: 'makes one request',
    how: 'makes none on a route, and waits',
    routes: { clicks },
    changes: {
      ...routedToy,
      send: async (items, to) => (items[0]?.route ? answerAll(items, wait) : toy.send(items, to)),
    },
  },
  {
    law: 'wrapped in at most the declared bytes',
    how: 'declares less for a route',
    routes: { clicks },
    changes: {
      ...routedToy,
      rateLimit: (settings) => ({ ...toy.rateLimit(settings), routes: { clicks: { wrapBytes: 2, itemBytes: 10 } } }),
    },
  },
  {
    law: 'fits the largest event into a request',
    how: 'adds too much to each',
    routes: { clicks },
    changes: {
      ...routedToy,
      rateLimit: (settings) => ({ ...toy.rateLimit(settings), routes: { clicks: { itemBytes: 950_000 } } }),
    },
  },
  {
    law: 'fits the largest event into a request',
    how: 'declares more for a route than for others',
    routes: { clicks },
    changes: {
      ...routedToy,
      rateLimit: (settings) => ({ ...toy.rateLimit(settings), routes: { clicks: { maxBytes: 2_000_000 } } }),
    },
  },
  {
    law: 'no detail repeats credentials or events that the partner repeats: 401',
    how: 'quotes the token on a route',
    routes: { clicks },
    changes: {
      ...routedToy,
      send: async (items, to) =>
        items[0]?.route
          ? (await routedToy.send(items, to), answerAll(items, { ...wait, detail: tokenOf(to) }))
          : toy.send(items, to),
    },
  },

  { law: 'wrapped in at most the declared bytes', how: 'declares less', changes: limiting({ wrapBytes: 13 }) },
  {
    law: 'sends every item',
    how: 'loses one',
    changes: { send: async (items, to) => (await toy.send(items.slice(1), to), answerAll(items, wait)) },
  },
  { law: 'answers every item once', how: 'omits one', changes: answering((results) => results.slice(1)) },
  { law: 'answers every item once', how: 'answers twice', changes: answering((results) => [...results, ...results]) },
  {
    law: 'answers every item once',
    how: 'answers an unknown item',
    changes: answering(([, ...results]) => [{ id: 'stranger', ...wait }, ...results]),
  },
  {
    law: 'makes one request',
    how: 'retries',
    changes: { send: async (items, to) => (await toy.send(items, to), toy.send(items, to)) },
  },
  { law: 'makes one request', how: 'makes none', changes: { send: async (items) => answerAll(items, wait) } },
  {
    law: 'makes one request',
    how: 'trusts the JSON',
    changes: hearing((answer, items) => answerAll(items, JSON.parse(bodyOf(answer)) && wait)),
  },
  {
    law: 'makes one request',
    how: 'a negative wait',
    changes: answering((_, items) => answerAll(items, { ...wait, afterMs: -1 })),
  },
  {
    law: 'makes one request',
    how: 'waits for no budget',
    changes: answering((_, items) => answerAll(items, { ...wait, scope: 'key', budget: 'none' })),
  },
  {
    law: 'defers every event in an outage',
    how: 'reports them as delivered',
    changes: answering((_, items) => answerAll(items, { outcome: 'delivered' })),
  },
  {
    law: 'defers every event in an outage',
    how: 'rejects them',
    changes: answering((_, items) => answerAll(items, { outcome: 'rejected', code: 'no', detail: 'no' })),
  },
  {
    law: 'interprets the answer as expected: 401',
    how: 'waits',
    changes: answering((_, items) => answerAll(items, wait)),
  },

  {
    law: 'no detail repeats credentials or events that the partner repeats: 401',
    how: 'quotes the token',
    changes: answering((_, items, to) => answerAll(items, { ...wait, detail: tokenOf(to) })),
  },
  {
    law: 'no detail repeats credentials or events that the partner repeats: 401',
    how: 'quotes the token in a test',
    changes: { test: async (to) => (await toy.test(to), { ...refuse, detail: tokenOf(to) }) },
  },
  {
    law: 'no detail repeats credentials or events that the partner repeats: 422',
    how: 'quotes the answer',
    changes: hearing((answer, items) => answerAll(items, { ...wait, detail: bodyOf(answer) || 'no' })),
  },
  {
    law: 'no secret is written into a URL',
    how: 'writes it',
    changes: {
      send: (items, to) =>
        toy.send(
          items,
          asking(to, (url) => `${url}?${tokenOf(to)}`),
        ),
    },
  },

  {
    law: 'makes the same request with placeholders',
    how: 'looks at the secret',
    changes: {
      send: (items, to) =>
        toy.send(
          items,
          asking(to, (url) => (tokenOf(to).startsWith('lb_') ? url : `${url}?unknown`)),
        ),
    },
  },
  {
    law: 'to a declared origin without any credentials',
    how: 'goes elsewhere',
    changes: {
      send: (items, to) =>
        toy.send(
          items,
          asking(to, (url) => (tokenOf(to).startsWith('lb_') ? url : 'https://example.com')),
        ),
    },
  },
  {
    law: 'passes on the mark of a test event',
    how: 'passes on what it knows',
    changes: {
      map(event) {
        const result = toy.map(event, { host: 'logbook.example.com' });
        return 'payload' in result ? { payload: { ...result.payload, more: {} } } : result;
      },
    },
  },

  {
    law: 'passes when the partner would accept events',
    how: 'never',
    changes: { test: async (to) => (await toy.test(to), refuse) },
  },
  {
    law: 'reports refused credentials',
    how: 'always passes',
    changes: { test: async (to) => (await toy.test(to), { outcome: 'passed' }) },
  },
  {
    law: 'distinguishes an outage from a refusal',
    how: 'refuses',
    changes: { test: async (to) => ({ ...(await toy.test(to)), ...refuse }) },
  },
  {
    law: 'makes one request and reads every answer',
    how: 'gives no code',
    changes: { test: async (to) => ({ ...(await toy.test(to)), ...refuse, code: '' }) },
  },
];

function tokenParser(change: (token: string) => string): z.ZodType {
  return z.strictObject({ token: z.string().describe('Which.').transform(change) });
}

function complain(token: string): string {
  if (token.startsWith('sesame'))
    throw new z.ZodRealError([{ code: 'custom', path: ['token'], message: `${token} is wrong`, input: '' }]);
  return token;
}

function mapping(
  change: (payload: Record<string, unknown>, event: CatalogueEvent, settings: unknown) => unknown,
): Partial<Toy> {
  return {
    map(event, settings) {
      const mapped = toy.map(event, settings);
      return 'payload' in mapped ? { payload: change(mapped.payload, event, settings) } : mapped;
    },
  };
}

function skipping(ending: string): Partial<Toy> {
  return {
    map: (event, settings) =>
      event.event_type.endsWith(ending) ? { skip: 'not_a_message' } : toy.map(event, settings),
  };
}

function assignProperties(payload: Record<string, unknown>, event: CatalogueEvent): unknown {
  const more: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(event.properties)) more[key] = key === '__proto__' ? { value } : value;
  return { ...payload, more };
}

function limiting(change: Partial<RateLimit<unknown>>): Partial<Toy> {
  return { rateLimit: () => ({ ...toy.rateLimit({}), ...change }) };
}

function answering(
  change: (results: readonly SendResult[], items: Items, to: Context) => readonly SendResult[],
): Partial<Toy> {
  return { send: async (items, to) => change(await toy.send(items, to), items, to) };
}

function hearing(read: (answer: HttpAnswer, items: Items) => readonly SendResult[]): Partial<Toy> {
  return {
    async send(items, to) {
      const heard: HttpAnswer[] = [];
      const request = async (asked: HttpRequest) => {
        const answer = await to.http.request(asked);
        heard.push(answer);
        return answer;
      };
      await toy.send(items, { ...to, http: { request } });
      return read(heard[0] as HttpAnswer, items);
    },
  };
}

function asking(to: Context, change: (url: string) => string): Context {
  return { ...to, http: { request: (request) => to.http.request({ ...request, url: change(request.url) }) } };
}

function bodyOf(answer: HttpAnswer): string {
  return 'body' in answer ? answer.body : '{}';
}

function tokenOf(to: Context): string {
  return (to.credentials as { readonly token: string }).token;
}
