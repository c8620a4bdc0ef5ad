import { addFingerprints, fingerprint, fingerprintSeeds, readBody } from '@currents/schema';
import { expect, it } from 'vitest';

it('is MurmurHash3 x86_32, whose values are stored', () => {
  // Values of the reference implementation for the seed 1.
  expect(fingerprint('eventId', '') >>> 0).toBe(0x514e28b7);
  expect(fingerprint('eventId', 'hello') >>> 0).toBe(3142237357);
  expect(fingerprintSeeds).toEqual({ eventId: 1, externalUserId: 2, userId: 3, deviceId: 4 });
});

it('takes those of all ids of an event, and none of what is no id', () => {
  const taken: number[] = [];
  addFingerprints({ id: 'a', user: { external_user_id: 'ü', user_id: null, device_id: '' } }, taken);
  for (const nothing of [null, 7, [], { id: 7, user: 'x' }, {}]) addFingerprints(nothing, taken);
  expect(taken).toEqual([fingerprint('eventId', 'a'), fingerprint('externalUserId', 'ü')]);
});

it('readBody takes them of accepted and of refused events when it is asked to', () => {
  const good = { event_type: 'users.messages.email.Open', id: 'a', time: 1, user: { device_id: 'd' } };
  const bad = { event_type: 'nonsense', id: 'b' };
  for (const filler of ['', ' '.repeat(300_000)]) {
    const body = `${JSON.stringify(good)}\n${filler}${JSON.stringify(bad)}\nnot JSON`;
    const asked = readBody(body, 'ndjson', { withFingerprints: true });
    if ('unreadable' in asked) throw new Error('expected events');
    expect(asked.fingerprints).toEqual([fingerprint('eventId', 'a'), fingerprint('deviceId', 'd')]);
    expect(asked.quarantined.map(({ fingerprints }) => fingerprints)).toEqual([[fingerprint('eventId', 'b')], []]);
    expect(readBody(body, 'ndjson')).toMatchObject({ fingerprints: [] });
  }
});

it('takes the same ones of many events as of each, whatever their ids consist of and however long they are', () => {
  const ids = [
    'a',
    'ab',
    'abc',
    'abcd',
    'customer-00017',
    'ü',
    'x'.repeat(5_000),
    '日本',
    '\u{1F600}',
    '',
    null,
    undefined,
  ];
  const events = Array.from({ length: 300 }, (_, number) => ({
    event_type: 'users.messages.email.Open',
    id: `${number}-${ids[number % 9] ?? ''}`.slice(0, 200),
    time: 1,
    user: {
      external_user_id: ids[(number * 7) % ids.length],
      user_id: ids[(number * 5) % ids.length],
      device_id: ids[(number + 3) % ids.length],
    },
  }));
  const ascii = events.filter(({ id, user }) => /^[\0-\x7f]*$/.test(`${id}${Object.values(user).join('')}`));
  expect(ascii.length).toBeGreaterThan(50);
  for (const some of [events, ascii]) {
    const expected: number[] = [];
    for (const event of some) addFingerprints(event, expected);
    const body = some.map((event) => JSON.stringify(event)).join('\n');
    for (const sent of [body, `${body}\n${' '.repeat(300_000)}`]) {
      const read = readBody(sent, 'ndjson', { withFingerprints: true });
      if ('unreadable' in read) throw new Error('expected events');
      expect(read.fingerprints).toEqual(expected);
    }
  }
});
