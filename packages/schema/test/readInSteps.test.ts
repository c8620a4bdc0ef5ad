import { describe, expect, it, vi } from 'vitest';
import {
  readBody,
  readInSteps,
  readStored,
  sampleOf,
  type AcceptedPart,
  type BodyFormat,
  type Reading,
} from '../src/index.js';

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
function stepped(body: string | Buffer, format: BodyFormat, options: Parameters<typeof readInSteps>[2] = {}) {
  const parts: AcceptedPart[] = [];
  const onAccepted = (part: AcceptedPart): void => void parts.push(part);
  const steps = readInSteps(Buffer.from(body), format, { keepEvents: true, onAccepted, ...options });
  for (let count = 0; ; count++) {
    const step = steps.next();
    if (!step.done) continue;
    const json = `[${parts.map((part) => part.json.toString()).join(',')}]`;
    const reading: Reading = 'unreadable' in step.value ? step.value : { ...step.value, json };
    return { reading, parts, steps: count };
  }
}

/** What a reading says, apart from the description of a fault. */
function said(reading: Reading) {
  if ('unreadable' in reading) return reading.unreadable.code;
  const { events, types, quarantined, json } = reading;
  const refused = quarantined.map(({ position, code, raw }) => ({ position, code, raw }));
  return { events, types, refused, stored: readStored(`[${json}]`) };
}

/** What a reading says, apart from the description of a fault of JSON, which a long line has not. */
function detailed(reading: Reading) {
  if ('unreadable' in reading) return { unreadable: reading.unreadable.code };
  const { json, quarantined, ...rest } = reading;
  const refused = quarantined.map((event) => (event.code === 'malformed_json' ? { ...event, detail: '' } : event));
  return { ...rest, refused, stored: readStored(`[${json}]`) };
}

/** `~` stands for a byte that is not UTF-8. */
const bytesOf = (body: string) => Buffer.from(Buffer.from(body).map((byte) => (byte === 0x7e ? 0xe9 : byte)));

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
  const damaged = text(eventOf('bad')).replace('customer-bad', 'caf~');
  it.each<[string, BodyFormat, string]>([
    ['in a bundle', 'json', `{"note":"~","events":[${text(good[0])},${damaged},${text(good[1])}]}`],
    ['in a list', 'json', `[${text(good[0])},${damaged},${text(good[1])}]`],
    ['in a line', 'ndjson', [text(good[0]), damaged, text(good[1])].join('\n')],
    ['in a line that is not JSON', 'ndjson', [text(good[0]), 'caf~', text(good[1])].join('\n')],
  ])('quarantine their event alone: %s', (_, format, body) => {
    const reading = readBody(bytesOf(body), format);
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
    expect(readBody(bytesOf(damaged), 'json')).toMatchObject({
      events: [],
      quarantined: [{ position: 0, code: 'not_utf8' }],
    });
  });
});

/** Mulberry32, a small generator of pseudorandom numbers. */
function createRandom(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A body of at most 200 KB: events, bundles and what is neither, with texts of all kinds and lengths. */
function createBody(seed: number): { readonly format: BodyFormat; readonly body: string } {
  const random = createRandom(seed);
  const bits = ['x', 'é', '深', '🫘', '\\', '"', '\n', '\u0001', ']', '{', '~', ' ', '\u2028'];
  const words = () => Array.from({ length: random(12) }, () => bits[random(bits.length)]).join('');
  const item = (level: number): unknown => {
    const kind = random(12);
    const more = { properties: { [words()]: words(), text: words().repeat(random(50)), n: random(9) / 8 } };
    if (kind < 7) return eventOf(words() || 'id', more);
    if (kind === 7) return eventOf('long', { properties: { text: 'é'.repeat(random(45_000)) } });
    if (kind === 8 && level < 2) return { [words()]: words(), events: items(level + 1) };
    return [null, 7, words(), { id: words() }, [words()], { ...eventOf('bare'), user: null }][random(6)];
  };
  const items = (level: number) => Array.from({ length: random(level === 0 ? 12 : 5) }, () => item(level));
  const format = random(2) === 0 ? 'json' : 'ndjson';
  if (format === 'ndjson') {
    const lines = items(0).map((value) => (random(8) === 0 ? text(value).slice(0, -1) : text(value)));
    return { format, body: lines.join(random(2) === 0 ? '\n' : '\r\n') };
  }
  const whole = [() => items(0), () => ({ note: words(), events: items(0) }), () => item(0)][random(3)]!();
  const written = random(2) === 0 ? text(whole) : JSON.stringify(whole, null, 1);
  return { format, body: `${random(4) === 0 ? '\uFEFF' : ''}${written}` };
}

describe('generated bodies', () => {
  it.each(Array.from({ length: 20 }, (_, round) => round))(
    'are read by bytes as they are by text: round %i',
    (round) => {
      for (let seed = round * 30; seed < (round + 1) * 30; seed++) {
        const { format, body } = createBody(seed);
        const reading = stepped(body, format).reading;
        expect({ seed, ...detailed(reading) }).toEqual({ seed, ...detailed(readBody(body, format)) });
      }
    },
  );

  it('have exactly the events quarantined that a byte is damaged in, wherever groups end', () => {
    const random = createRandom(7);
    for (let round = 0; round < 60; round++) {
      // Groups end after 64 KB or 250 elements: both are met here.
      const length = 20 + random(600);
      const filler = 'é'.repeat(random(400));
      const events = Array.from({ length }, (_, place) => eventOf(String(place), { filler }));
      const hurt = new Set(Array.from({ length: random(5) }, () => random(length)));
      const texts = events.map((event, place) => (hurt.has(place) ? text({ ...event, mark: '~' }) : text(event)));
      const format = random(2) === 0 ? 'json' : 'ndjson';
      const { reading, parts } = stepped(
        bytesOf(format === 'json' ? `{"events":[${texts.join()}]}` : texts.join('\n')),
        format,
      );
      if ('unreadable' in reading) throw new Error(reading.unreadable.detail);
      const good = events.filter((_, place) => !hurt.has(place));
      expect(reading.events).toEqual(good);
      expect(readStored(`[${reading.json}]`)).toEqual(good);
      expect(parts.reduce((sum, part) => sum + part.events, 0)).toBe(good.length);
      expect(reading.quarantined.map(({ position, code }) => `${position} ${code}`)).toEqual(
        [...hurt].sort((one, other) => one - other).map((place) => `${place} not_utf8`),
      );
    }
  });

  it('of more than 1 MiB say the place of a fault in characters', () => {
    const good = `"${'é'.repeat(40_000)}",`.repeat(30);
    const at = `{"events":[${good}1 `.length;
    expect(stepped(`{"events":[${good}1 💥]}`, 'json').reading).toEqual({
      unreadable: {
        code: 'malformed_json',
        detail: `expected a comma or "]" at character ${at}, got "💥"`,
      },
    });
    const short = `[\n${'"é",\n'.repeat(30_000)} 💥]`;
    expect(stepped(short, 'json').reading).toEqual({
      unreadable: { code: 'malformed_json', detail: 'expected JSON at line 30002, column 2, got "💥"' },
    });
  });
});

describe('the steps of a body of 9.9 MB', () => {
  const hard = (place: number) => eventOf(String(place), { properties: { campaign_name: '\\"é'.repeat(140) } });
  it.each<[string, BodyFormat, () => string]>([
    ['events', 'json', () => text({ events: Array.from({ length: 9_900 }, (_, place) => hard(place)) })],
    ['lines', 'ndjson', () => Array.from({ length: 9_900 }, (_, place) => text(hard(place))).join('\n')],
    ['one string of escapes', 'json', () => text(['\\'.repeat(4_950_000)])],
    ['a member of escapes', 'json', () => text({ x: '"'.repeat(4_950_000) })],
    ['a key of escapes', 'json', () => text({ ['"'.repeat(4_950_000)]: 1 })],
    ['short members', 'json', () => `{${'"a":1,'.repeat(1_650_000)}"a":1}`],
  ])('parse and hand on at most 128 KB each, unless an event has more: %s', (_, format, write) => {
    const parse = vi.spyOn(JSON, 'parse');
    const body = Buffer.from(write());
    let parsedCharacters = 0;
    let accepted = 0;
    let [most, steps] = [0, 0];
    const onAccepted = ({ json }: AcceptedPart): void => {
      expect(json.length).toBeLessThanOrEqual(64 * 1024);
      accepted += json.length;
    };
    const reading = readInSteps(body, format, { onAccepted });
    for (let isDone = false; !isDone; steps++) {
      parse.mockClear();
      accepted = 0;
      isDone = reading.next().done === true;
      parsedCharacters = parse.mock.calls.reduce((sum, [json]) => sum + json.length, 0);
      most = Math.max(most, parsedCharacters, accepted);
    }
    parse.mockRestore();
    expect(most).toBeLessThanOrEqual(128 * 1024);
    // None is longer than the scan of 512 KB.
    expect(steps).toBeGreaterThan(body.length / 512 / 1024);
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
