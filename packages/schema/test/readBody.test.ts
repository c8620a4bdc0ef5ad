import { describe, expect, it } from 'vitest';
import { findEventType, readBody, readStored, unreadableCodes, type BodyFormat, type Taken } from '../src/index.js';

const eventOf = (id: string, more: object = {}) => ({
  event_type: 'users.messages.email.Open',
  id,
  time: 1_750_000_000,
  user: { external_user_id: `customer-${id}` },
  properties: { campaign_name: 'Autumn roast launch' },
  ...more,
});
const [one, two, three] = [eventOf('1'), eventOf('2'), eventOf('3')];
const text = (value: unknown) => JSON.stringify(value);
const lines = (...values: readonly unknown[]) =>
  values.map((value) => (typeof value === 'string' ? value : text(value))).join('\n');

const taken = (body: string, format: BodyFormat = 'json'): Taken => {
  const reading = readBody(body, format);
  if ('unreadable' in reading) throw new Error(reading.unreadable.detail);
  return reading;
};
const unreadable = (body: string) => {
  const reading = readBody(body, 'json');
  return 'unreadable' in reading ? reading.unreadable : undefined;
};
const readBack = (...readings: readonly Taken[]) => readStored(`[${readings.map(({ json }) => json).join(',')}]`);

describe('readBody accepts', () => {
  it.each<[string, BodyFormat, string, readonly object[]]>([
    ['a bundle', 'json', text({ events: [one, two] }), [one, two]],
    ['a bundle with other fields beside', 'json', text({ sent_at: 5, events: [one] }), [one]],
    ['a bare event', 'json', text(one), [one]],
    [
      'a bare event with a field called events',
      'json',
      text(eventOf('1', { events: [two] })),
      [eventOf('1', { events: [two] })],
    ],
    ['a list of events', 'json', text([one, two]), [one, two]],
    [
      'a list of bundles',
      'json',
      text([{ events: [one, two] }, { events: [] }, { events: [three] }]),
      [one, two, three],
    ],
    ['a list of both', 'json', text([one, { events: [two] }, three]), [one, two, three]],
    ['a bundle behind a byte order mark', 'json', `\uFEFF${text({ events: [one] })}`, [one]],
    ['a bundle with space around it', 'json', `\r\n ${text({ events: [one] })} \n`, [one]],
    ['an event a line', 'ndjson', lines(one, two, three), [one, two, three]],
    ['a single line', 'ndjson', lines(one), [one]],
    ['a bundle a line', 'ndjson', lines({ events: [one, two] }, { events: [] }, three), [one, two, three]],
    [
      'lines after a byte order mark, with blank lines and CRLF',
      'ndjson',
      `\uFEFF\r\n${text(one)}\r\n \r\n${text(two)}\r\n\r\n`,
      [one, two],
    ],
    ['no events: an empty body', 'json', '', []],
    ['no events: a blank body', 'json', ' \r\n\t', []],
    ['no events: a byte order mark', 'json', '\uFEFF', []],
    ['no events: an empty bundle', 'json', '{"events":[]}', []],
    ['no events: an empty list', 'json', '[]', []],
    ['no events: an empty body of lines', 'ndjson', '', []],
    ['no events: blank lines', 'ndjson', '\n\n', []],
  ])('%s (%s)', (_, format, body, events) => {
    const reading = taken(body, format);
    expect(reading.events).toEqual(events);
    expect(reading.types).toEqual(events.map(() => findEventType('users.messages.email.Open')));
    expect(reading.quarantined).toEqual([]);
    expect(readBack(reading)).toEqual(events);
  });

  it('100 000 events', () => {
    const events = Array.from({ length: 100_000 }, (_, place) => eventOf(String(place)));
    const reading = taken(text({ events }));
    expect([reading.events.length, reading.types.length, reading.events.at(-1)!.id]).toEqual([
      100_000,
      100_000,
      '99999',
    ]);
    expect(readBack(reading)).toHaveLength(100_000);
  });

  it.each([
    ['1969', -86_400],
    ['2100', 4_102_444_800],
  ])('a time in %s', (_, time) => {
    expect(taken(text(eventOf('1', { time }))).events[0]!.time).toBe(time);
  });
});

describe('the json of a reading', () => {
  it.each([
    ['a bundle', text({ events: [one, two] })],
    ['a list', text([one, two])],
    ['a bare event', text(one)],
    ['a spacious bundle', JSON.stringify({ events: [one] }, null, 2)],
    ['numbers as they were written', text({ events: [one] }).replace('1750000000', '1.75e9')],
    ['whole surrogate pairs in escapes', text(one).replace('Autumn', '\\ud83c\\udf42')],
    ['strings that only look like escapes', text(eventOf('1', { properties: { a: '\\udead' } }))],
  ])('is the received text itself: %s', (_, body) => {
    expect(taken(body).json).toBe(body);
  });

  it('is another text if not all events were accepted unchanged', () => {
    for (const odd of [
      null,
      eventOf('4', { time: 'soon' }),
      eventOf('4', { user: null }),
      eventOf('4', { event_type: 'users_canvas_abort' }),
    ]) {
      const body = text({ events: [one, odd] });
      const reading = taken(body);
      expect(reading.json).not.toBe(body);
      expect(readBack(reading)).toEqual(reading.events);
    }
  });
});

describe('readBody normalises', () => {
  it('another spelling of an event type', () => {
    const reading = taken(text({ events: [eventOf('1', { event_type: 'users_campaigns_abort' }), two] }));
    expect(reading.events.map(({ event_type }) => event_type)).toEqual([
      'users.campaigns.Abort',
      'users.messages.email.Open',
    ]);
    expect(reading.types[0]).toBe(findEventType('users.campaigns.Abort'));
    expect(readBack(reading)).toEqual(reading.events);
  });

  it.each([
    ['missing', eventOf('1', { user: undefined, properties: undefined })],
    ['null', eventOf('1', { user: null, properties: null })],
  ])('a user and properties that are %s, so that both are objects', (_, event) => {
    for (const format of ['json', 'ndjson'] as const) {
      const reading = taken(text(event), format);
      expect(reading.events).toEqual([eventOf('1', { user: {}, properties: {} })]);
      expect(readBack(reading)).toEqual(reading.events);
    }
  });

  it('lone surrogates, in strings and keys, everywhere', () => {
    const body = `{"events":[{"event_type":"users.behaviors.CustomEvent","id":"a\\uD800","time":1,"user":{"device_id":"\\udc00"},
      "properties":{"name":"\\ud83d\\ude00\\ud83d","custom_properties":{"k\\uDfFf":[{"x":"\\udead"}],"whole":"\\ud83c\\udf42"}}},${text(two)}]}`;
    const reading = taken(body);
    expect(reading.quarantined).toEqual([]);
    expect(reading.events).toEqual([
      {
        event_type: 'users.behaviors.CustomEvent',
        id: 'a\uFFFD',
        time: 1,
        user: { device_id: '\uFFFD' },
        properties: { name: '😀\uFFFD', custom_properties: { 'k\uFFFD': [{ x: '\uFFFD' }], whole: '🍂' } },
      },
      two,
    ]);
    expect(reading.json.isWellFormed()).toBe(true);
    expect(readBack(reading)).toEqual(reading.events);
  });
});

it.each(['\\uD800', '\\udbff', '\\uDc00', '\\uDFFF', '\\udfff\\ud800', '\\ud83d '])(
  'a lone surrogate is found when it is the only escape: %s',
  (escape) => {
    const reading = taken(text(one).replace('Autumn', escape));
    expect(reading.events[0]!.properties['campaign_name']).toMatch(/^\uFFFD+ ? roast launch$/);
    expect(readBack(reading)).toEqual(reading.events);
  },
);

describe('keys with names of prototype members', () => {
  const properties =
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"hasOwnProperty":"x","toString":1}';
  const event = `{"event_type":"users.messages.email.Open","id":"1","time":1,"__proto__":{"id":"2"},"user":{"__proto__":"u"},"properties":${properties}}`;

  it.each([
    ['when the body is kept as it came', event],
    ['when it is written again', `[${event},null]`],
    ['when a string in it is repaired', event.replace('"x"', '"\\udc00"')],
  ])('are kept and change nothing, %s', (_, body) => {
    const reading = taken(body);
    for (const found of [reading.events[0]!, readBack(reading)[0]!]) {
      expect(found.id).toBe('1');
      expect(Object.keys(found.properties).sort()).toEqual(['__proto__', 'constructor', 'hasOwnProperty', 'toString']);
      expect(Object.keys(found.user)).toEqual(['__proto__']);
      expect(Object.keys(found)).toContain('__proto__');
      expect(Object.getPrototypeOf(found.properties)).toBe(Object.prototype);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('are preserved in the raw text of a refused event', () => {
    expect(taken(event.replace('"time":1', '"time":""')).quarantined[0]!.raw).toContain(
      '"__proto__":{"polluted":true}',
    );
  });
});

describe('one invalid event does not affect the others', () => {
  it('in a body, where position counts all events', () => {
    const late = eventOf('5', { time: 'soon' });
    const reading = taken(text([one, 7, { events: [two, late] }, {}, three]));
    expect(reading.events).toEqual([one, two, three]);
    expect(reading.quarantined).toEqual([
      { position: 1, code: 'not_an_object', detail: 'expected an event, an object, got a whole number', raw: '7' },
      {
        position: 3,
        code: 'bad_time',
        detail: 'time: expected Unix seconds, a whole number, got a string',
        raw: text(late),
      },
      {
        position: 4,
        code: 'missing_event_type',
        detail: 'event_type: expected the name of an event type, got nothing',
        raw: '{}',
      },
    ]);
    expect(readBack(reading)).toEqual([one, two, three]);
  });

  it('among lines, where an invalid one is stored unchanged', () => {
    const reading = taken(lines(one, '{"id": nope}', '', two, '[1]', '{"events":[{"a":"b\0'), 'ndjson');
    expect(reading.events).toEqual([one, two]);
    expect(reading.quarantined).toEqual([
      {
        position: 1,
        code: 'malformed_json',
        detail: 'expected a value at line 1, column 8, got "n"',
        raw: '{"id": nope}',
      },
      { position: 3, code: 'not_an_object', detail: 'expected an event, an object, got a list', raw: '[1]' },
      {
        position: 4,
        code: 'malformed_json',
        detail: 'expected an escape instead of a control character at line 1, column 19, got "\\u0000"',
        raw: '{"events":[{"a":"b\uFFFD',
      },
    ]);
    expect(readBack(reading)).toEqual([one, two]);
  });

  it('when all are invalid', () => {
    const reading = taken(text({ events: [1, 2] }));
    expect([reading.events, reading.json, reading.quarantined.length]).toEqual([[], '[]', 2]);
  });

  it('when one has 100 000 levels, whatever else is wrong with it', () => {
    const deep = `${'{"a":['.repeat(50_000)}1${']}'.repeat(50_000)}`;
    const tooDeep = text(eventOf('1')).replace('"Autumn roast launch"', deep);
    const alsoUnknown = tooDeep.replace('email.Open', 'fax.Send');
    const reading = taken(`[${[text(two), tooDeep, alsoUnknown, deep, `[${deep}]`].join(',')}]`);
    expect(reading.events).toEqual([two]);
    expect(reading.quarantined.map(({ code }) => code)).toEqual([
      'wrong_type',
      'unknown_event_type',
      'missing_event_type',
      'not_an_object',
    ]);
    expect(reading.quarantined.map(({ raw }) => raw)).toEqual([tooDeep, alsoUnknown, deep, `[${deep}]`]);
    expect(taken(lines(two, tooDeep), 'ndjson').events).toEqual([two]);
  });
});

describe('a body is unreadable as a whole', () => {
  it.each([
    ['[1,]', 'expected a value at line 1, column 4, got "]"'],
    ['{"events":[', 'expected a value or "]" at line 1, column 12, got the end'],
    ['{"events":[]', 'expected a comma or "}" at line 1, column 13, got the end'],
    ['{"events":\n  [{}\n  {}]}', 'expected a comma or "]" at line 3, column 3, got "{"'],
    ["{'events':[]}", 'expected a key or "}" at line 1, column 2, got "\'"'],
    ['{"events":[],}', 'expected a key at line 1, column 14, got "}"'],
    ['{"events" []}', 'expected a colon at line 1, column 11, got "["'],
    ['{"events":[]} {"events":[]}', 'expected the end at line 1, column 15, got "{"'],
    ['["a\nb"]', 'expected an escape instead of a control character at line 1, column 4, got "\\n"'],
    ['["\\x"]', 'expected an escape that JSON knows at line 1, column 4, got "x"'],
    ['["\\u12g4"]', 'expected four hexadecimal digits at line 1, column 7, got "g"'],
    ['["abc', 'expected the end of the string at line 1, column 6, got the end'],
    ['[01]', 'expected a comma or "]" at line 1, column 3, got "1"'],
    ['[NaN]', 'expected a value or "]" at line 1, column 2, got "N"'],
    ['<html>', 'expected a value at line 1, column 1, got "<"'],
    ['💥', 'expected a value at line 1, column 1, got "💥"'],
  ])('when it is not JSON: %j', (body, detail) => {
    expect(unreadable(body)).toEqual({ code: 'malformed_json', detail });
  });

  it.each([
    ['{}', 'an object with neither events nor event_type'],
    ['{"events":null}', 'an object whose events are null'],
    ['{"events":{"id":"1"}}', 'an object whose events are an object'],
    ['null', 'null'],
    ['7', 'a whole number'],
    ['"{\\"events\\":[]}"', 'a string'],
  ])('when it is JSON of another shape: %s', (body, got) => {
    expect(unreadable(body)).toEqual({
      code: 'wrong_shape',
      detail: `expected {"events":[…]}, an event with its event_type, or a list of either, got ${got}`,
    });
  });

  it('for one of the listed reasons', () => {
    expect(Object.keys(unreadableCodes)).toEqual(['malformed_json', 'wrong_shape', 'too_many_events']);
  });
});
