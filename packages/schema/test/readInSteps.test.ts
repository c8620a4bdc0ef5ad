import { describe, expect, it } from 'vitest';
import { readBody, readInSteps, readStored, sampleOf, type BodyFormat, type Reading } from '../src/index.js';

const eventOf = (id: string, more: object = {}) => ({
  event_type: 'users.messages.email.Open',
  id,
  time: 1_750_000_000,
  user: { external_user_id: `customer-${id}` },
  properties: { campaign_name: 'Autumn "roast" \\ [launch]} 深煎り' },
  ...more,
});
const text = (value: unknown) => JSON.stringify(value);

/** The reading, and how often it could have been interrupted. */
function stepped(body: string, format: BodyFormat, options: Parameters<typeof readInSteps>[2] = {}) {
  const steps = readInSteps(body, format, { keepEvents: true, ...options });
  for (let count = 0; ; count++) {
    const step = steps.next();
    if (step.done) return { reading: step.value, steps: count };
  }
}

/** What a reading says, apart from the description of a fault. */
function said(reading: Reading) {
  if ('unreadable' in reading) return reading.unreadable.code;
  const { events, types, quarantined, json } = reading;
  const refused = quarantined.map(({ position, code, raw }) => ({ position, code, raw }));
  return { events, types, refused, stored: readStored(`[${json}]`) };
}

const good = Array.from({ length: 5 }, (_, place) => eventOf(String(place)));
const odd = [
  { ...eventOf('odd'), event_type: 'users.nonsense' },
  7,
  'text',
  null,
  [good[0]],
  eventOf('bare', { user: null, properties: undefined }),
  { events: [good[1], { id: 5 }] },
  { events: [] },
  { event_type: null, events: [good[2]] },
  eventOf('with-events', { events: [good[3]] }),
];
const bodies: readonly (readonly [string, BodyFormat, string])[] = [
  ['a bundle', 'json', text({ sent_at: '[{"', events: good, after: { a: [1] } })],
  ['a bundle with escaped keys', 'json', text({ events: good }).replace('"events"', '"\\u0065vents"')],
  ['a bundle with two lists', 'json', `{"events":[1],"events":${text(good)}}`],
  ['a bundle within a bundle', 'json', text({ events: [{ events: good }, good[0]] })],
  ['an event', 'json', text(good[0])],
  ['an event with events', 'json', text(odd[9])],
  ['a list', 'json', text(good)],
  ['a mixed list', 'json', text([...good, ...odd])],
  ['an empty list', 'json', ' [ ] '],
  ['an empty bundle', 'json', '{"events":[ ]}'],
  ['nothing', 'json', ' \n'],
  ['a byte order mark', 'json', `\uFEFF ${text(good)}\r\n`],
  [
    'a lone surrogate as an escape',
    'json',
    text([eventOf('x', { properties: { campaign_name: 'Q' } })]).replace('"Q"', '"\\ud83e"'),
  ],
  ['a text', 'json', '"events"'],
  ['a number', 'json', '7'],
  ['another shape', 'json', '{"data":[1]}'],
  ['events that are no list', 'json', '{"events":"many"}'],
  ['lines', 'ndjson', good.map(text).join('\n')],
  ['mixed lines', 'ndjson', [...good, ...odd].map(text).join('\r\n')],
  [
    'lines with broken ones',
    'ndjson',
    [text(good[0]), '{broken', '', ' ', text(good[1]), ']', text({ events: odd })].join('\n'),
  ],
  ['one line', 'ndjson', text(good[0])],
  ['samples', 'json', text({ events: ['users.behaviors.CustomEvent', 'users.messages.email.Click'].map(sampleOf) })],
  ...[
    '[1,]',
    '[,1]',
    '[1 2]',
    '[1',
    '[1}',
    '{"events":[1}',
    '{"events":[1]',
    '{"events":[1]}}',
    '{"events":[1],}',
    '{"events" [1]}',
    '{events:[1]}',
    '[{"a":1]',
    '[{"a":]}',
    '["a]',
    '["\\x"]',
    '[tru]',
    '[01]',
    '[1] x',
    '{"events":[1],"x":tru}',
    'x',
    '[{]}',
    '{"a":[}]}',
    '["a" "b"]',
    '[1:2]',
  ].map((body) => ['broken', 'json', body] as const),
];

describe('a body that is read in steps is read as at once', () => {
  it.each(bodies)('%s (%s): %s', (_, format, body) => {
    expect(said(stepped(body, format).reading)).toEqual(said(readBody(body, format)));
  });

  it.each(bodies)('also when each element is read by itself: %s (%s): %s', (_, format, body) => {
    expect(said(stepped(body, format, { isDamaged: true }).reading)).toEqual(said(readBody(body, format)));
  });

  it.each<[string, BodyFormat, (events: readonly object[]) => string]>([
    ['a bundle', 'json', (events) => text({ events })],
    ['a list', 'json', text],
    ['a list of two bundles', 'json', (events) => text([{ events }, { events: [] }])],
    ['lines', 'ndjson', (events) => events.map(text).join('\n')],
    ['bundles as lines', 'ndjson', (events) => [text({ events }), text(good[0])].join('\n')],
  ])('5 MB as %s, which can be interrupted every 128 KB at least', (_, format, write) => {
    const events = Array.from({ length: 9_000 }, (_, place) => eventOf(String(place), { extra: 'x'.repeat(400) }));
    const body = write(events);
    const { reading, steps } = stepped(body, format);
    expect(steps).toBeGreaterThan(body.length / 128 / 1024);
    if ('unreadable' in reading) throw new Error(reading.unreadable.detail);
    expect(readStored(`[${reading.json}]`).slice(0, 9_000)).toEqual(events);
    if (format === 'json') expect(reading.json).toBe(body);
  });
});

describe('11. bounded work', () => {
  const many = (count: number) => Array.from({ length: count }, (_, place) => eventOf(String(place)));
  it.each<[string, BodyFormat, string]>([
    ['a small bundle', 'json', '{"events":[1,1,1,1]}'],
    ['a long bundle', 'json', text({ events: [...many(3), 'x'.repeat(300_000)] })],
    ['lines', 'ndjson', '1\n2\n3\n4'],
    ['many lines', 'ndjson', 'x\n'.repeat(300_000)],
    ['a list of bundles', 'json', text([{ events: many(2) }, { events: many(2) }])],
  ])('a body with more events than allowed is unreadable: %s', (_, format, body) => {
    expect(readBody(body, format, { maxEvents: 3 })).toEqual({
      unreadable: { code: 'too_many_events', detail: expect.stringContaining('at most 3 events') as string },
    });
  });

  it('exactly as many as allowed are read', () => {
    expect(readBody(text(many(3)), 'json', { maxEvents: 3 })).toMatchObject({ types: { length: 3 } });
  });

  it('the faults of the first 100 lines are described in full', () => {
    const reading = readBody('{"a" 1}\n'.repeat(300), 'ndjson');
    if ('unreadable' in reading) throw new Error(reading.unreadable.detail);
    const details = reading.quarantined.map(({ detail }) => detail);
    expect(details).toHaveLength(300);
    expect(details.filter((detail) => detail.includes('column'))).toHaveLength(100);
  });

  it('an event of more than 512 Ki characters is quarantined and not parsed', () => {
    const long = eventOf('long', { extra: 'x'.repeat(600_000) });
    const reading = readBody(text({ events: [good[0], long, good[1]] }), 'json');
    expect(reading).toMatchObject({
      events: [{ id: '0' }, { id: '1' }],
      quarantined: [{ position: 1, code: 'too_large', raw: text(long) }],
    });
  });
});

describe('bytes that are not UTF-8', () => {
  const damaged = text(eventOf('bad')).replace('customer-bad', 'caf\udce9');
  it.each<[string, BodyFormat, string]>([
    ['in a bundle', 'json', `{"note":"\udcff","events":[${text(good[0])},${damaged},${text(good[1])}]}`],
    ['in a list', 'json', `[${text(good[0])},${damaged},${text(good[1])}]`],
    ['in a line', 'ndjson', [text(good[0]), damaged, text(good[1])].join('\n')],
    ['in a line that is not JSON', 'ndjson', [text(good[0]), 'caf\udce9', text(good[1])].join('\n')],
  ])('quarantine their event alone: %s', (_, format, body) => {
    const reading = readBody(body, format, { isDamaged: true });
    if ('unreadable' in reading) throw new Error(reading.unreadable.detail);
    expect(reading.events).toEqual([good[0], good[1]]);
    expect(readStored(`[${reading.json}]`)).toEqual([good[0], good[1]]);
    expect(reading.quarantined).toEqual([
      {
        position: 1,
        code: 'not_utf8',
        detail: 'expected UTF-8, got the byte 0xE9',
        raw: expect.stringContaining('caf\\xE9') as string,
      },
    ]);
    // So a release cannot accept it with another character.
    expect(readBody(reading.quarantined[0]!.raw, 'ndjson')).toMatchObject({
      events: [],
      quarantined: [{ code: 'malformed_json' }],
    });
  });

  it('in one bare event', () => {
    expect(readBody(damaged, 'json', { isDamaged: true })).toMatchObject({
      events: [],
      quarantined: [{ position: 0, code: 'not_utf8' }],
    });
  });
});

describe('events that are refused', () => {
  it.each<readonly [BodyFormat, string]>([
    ['ndjson', 'x\n'.repeat(10_000)],
    ['ndjson', '{}\n'.repeat(10_000)],
    ['json', `[${'1,'.repeat(9_999)}1]`],
    ['json', `{"events":[${'{},'.repeat(9_999)}{}]}`],
  ])('take a step for a few hundred of them at most: %s %.20s', (format, body) => {
    const { reading, steps } = stepped(body, format);
    expect('quarantined' in reading && reading.quarantined.length).toBe(10_000);
    expect(steps).toBeGreaterThan(10_000 / 300);
  });
});
