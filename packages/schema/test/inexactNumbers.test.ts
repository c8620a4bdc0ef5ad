import { describe, expect, it } from 'vitest';
import { findInexactNumbers, isExact, readBody, readStored, type BodyFormat, type Reading } from '../src/index.js';

/** An event as text, because JSON.stringify cannot write these numbers. */
const eventOf = (properties: string, more = '') =>
  `{"event_type":"users.behaviors.CustomEvent","id":"e","time":1750000000,"user":{"external_user_id":"u"},"properties":{"name":"Roasted",${properties}}${more}}`;
const tokenOf = (properties: string) =>
  `{"event_type":"users.behaviors.pushnotification.TokenStateChange","id":"t","time":1750000000,"user":{"external_user_id":"u"},"properties":{${properties}}}`;
const purchaseOf = (properties: string) =>
  `{"event_type":"users.behaviors.Purchase","id":"p","time":1750000000,"user":{"external_user_id":"u"},"properties":{"product_id":"beans",${properties}}}`;

const stepped = (body: string, format: BodyFormat): Reading => readBody(Buffer.from(body), format);

/** Every form in which an event can arrive, read at once and in steps. */
const forms: readonly (readonly [string, (event: string) => Reading])[] = [
  ['an event', (event) => readBody(event, 'json')],
  ['a bundle', (event) => readBody(`{"sent":1,"events":[${event}]}`, 'json')],
  ['a list', (event) => readBody(`[ ${event} ]`, 'json')],
  ['a list of bundles', (event) => readBody(`[{"events":[${event}]}]`, 'json')],
  ['lines', (event) => readBody(`\n${event}\r\n`, 'ndjson')],
  ['lines of bundles', (event) => readBody(`{"events":[${event}]}\n`, 'ndjson')],
  ['a bundle in steps', (event) => stepped(`{"events":[${event}]}`, 'json')],
  ['a list in steps', (event) => stepped(`[${event}]`, 'json')],
  ['lines in steps', (event) => stepped(event, 'ndjson')],
];

function takenFrom(reading: Reading) {
  if ('unreadable' in reading) throw new Error(reading.unreadable.detail);
  const stored = readStored(`[${reading.json}]`);
  expect(stored).toEqual(reading.events);
  return { event: stored[0], quarantined: reading.quarantined, types: reading.types.length };
}

describe.each(forms)('a number that a 64-bit float does not hold, in %s,', (_form, read) => {
  it.each([
    '12345678901234567890',
    '-9007199254740993',
    '1e400',
    '-1E+999',
    '0.1234567890123456789',
    '123456789.1234567890123',
    '12345678901234567890.5',
  ])('is kept as the text of its digits: %s', (number) => {
    const nested = `{"deep":[1,{"n": ${number} }]}`;
    const { event, quarantined, types } = takenFrom(
      read(
        eventOf(
          `"custom_properties":{"n":${number},"in":${nested},"t":"[1e400,"},"new":[${number},2]`,
          `,"sent":${number}`,
        ),
      ),
    );
    expect([quarantined, types]).toEqual([[], 1]);
    expect(event).toMatchObject({
      sent: number,
      properties: {
        custom_properties: { n: number, in: { deep: [1, { n: number }] }, t: '[1e400,' },
        new: [number, 2],
      },
    });
  });

  it.each([
    ['a whole number', tokenOf('"time_ms":12345678901234567890'), 'properties.time_ms'],
    ['a float', purchaseOf('"price":12345678901234567890'), 'properties.price'],
  ])('is quarantined with its place and its digits where the catalogue expects %s', (_what, event, place) => {
    const { quarantined, types } = takenFrom(read(event));
    expect(types).toBe(0);
    expect(quarantined).toEqual([
      {
        position: 0,
        code: 'inexact_number',
        detail: `${place}: expected a number that a 64-bit float holds exactly, got one with more digits`,
        raw: event,
      },
    ]);
  });

  it('keeps its digits in the quarantine when the event is refused for another reason', () => {
    const event = eventOf('"n":12345678901234567890').replace('"e"', '7');
    expect(takenFrom(read(event)).quarantined).toMatchObject([{ code: 'bad_id', raw: event }]);
    const overflow = purchaseOf('"price":1e400');
    expect(takenFrom(read(overflow)).quarantined).toMatchObject([{ code: 'wrong_type', raw: overflow }]);
  });

  it('is rounded in a property that is a float', () => {
    const { event } = takenFrom(read(purchaseOf('"price":0.1234567890123456789,"other":12345678901234567890')));
    expect(event?.properties).toMatchObject({ price: 0.12345678901234568, other: '12345678901234567890' });
  });
});

describe('numbers that a 64-bit float holds', () => {
  it.each([
    ['0', '-0', '1', '-17', '9007199254740991', '9007199254740992', '1e20', '100000000000000000000', '1.5e300'],
    ['0.1', '19.99', '0.12345678901234567', '0.30000000000000004', '1.7976931348623157e308', '1.50', '1e-7'],
    [
      '0.1000000000000000055511151231257827',
      '19.989999999999998436805981327779591083526611328125',
      '123456789012345.6',
    ],
  ])('are left as they came: %s, %s, %s', (...numbers) => {
    for (const number of numbers) {
      expect(isExact(number), number).toBe(true);
      const body = eventOf(`"n":${number}`);
      const reading = readBody(body, 'json');
      expect('json' in reading && reading.json, number).toBe(body);
    }
  });

  it('are what JSON.parse and JSON.stringify keep', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
    for (let count = 0; count < 20_000; count++) {
      const digits = Array.from({ length: 1 + Math.floor(random() * 22) }, () => Math.floor(random() * 10)).join('');
      const whole = BigInt(digits);
      const isKept = BigInt(Number(digits)) === whole || String(Number(digits)) === String(whole);
      if (Number.isSafeInteger(Number(digits))) expect(isExact(String(whole))).toBe(true);
      else if (!isKept) expect(isExact(String(whole)), digits).toBe(false);
    }
  });
});

describe('one number with too many digits', () => {
  it('changes nothing for the other events of its body, nor for its other parts', () => {
    const events = [
      eventOf('"custom_properties":{"a":1.5}'),
      '7',
      eventOf('"n":12345678901234567890'),
      tokenOf('"time_ms":9007199254740993'),
      eventOf('"t":"x"', ',"user":null').replace('"e"', '"last"'),
    ];
    const body = `{"events":[${events.join(',')}]}`;
    for (const reading of [readBody(body, 'json'), stepped(body, 'json'), readBody(events.join('\n'), 'ndjson')]) {
      if ('unreadable' in reading) throw new Error(reading.unreadable.detail);
      expect(reading.quarantined.map(({ position, code }) => [position, code])).toEqual([
        [1, 'not_an_object'],
        [3, 'inexact_number'],
      ]);
      expect(reading.events.map(({ id }) => id)).toEqual(['e', 'e', 'last']);
      expect(reading.types).toHaveLength(3);
      expect(readStored(`[${reading.json}]`)).toEqual(reading.events);
    }
  });

  it('is counted among the events that a request may have', () => {
    const body = `[${Array(5).fill(eventOf('"n":12345678901234567890')).join(',')}]`;
    expect(readBody(body, 'json', { maxEvents: 4 })).toMatchObject({ unreadable: { code: 'too_many_events' } });
    expect(readBody(body, 'json', { maxEvents: 5 })).toMatchObject({ quarantined: [] });
  });

  it('is found by its path', () => {
    const text = '{"a":[1,{"b\\"":[2,12345678901234567890]}],"12345678901234567890":"1e400","c": 1e400}';
    expect(findInexactNumbers(text).map(({ path }) => path)).toEqual([['a', '1', 'b"', '1'], ['c']]);
  });
});
