import { describe, expect, it } from 'vitest';
import { packContent, unpackContent, type KeptEvent } from '../../src/quarantine/content.js';

const some = (count: number): KeptEvent[] =>
  Array.from({ length: count }, (_, index) => ({ detail: `fault ${index}`, body: `{"n":${index}}`, isCut: false }));

describe('the content of a row of the quarantine', () => {
  it.each([
    ['one event', some(1)],
    ['many events', some(5_000)],
    ['text beyond ASCII', [{ detail: 'é', body: '"\u{1F600} \u0000"', isCut: false }]],
    [
      'a body that is cut, and one that is purged',
      [
        { detail: 'a', body: 'b', isCut: true },
        { detail: '', body: undefined, isCut: false },
      ],
    ],
  ])('is read as it was packed: %s', async (_, events) => {
    expect(await unpackContent(await packContent(events), events.length)).toEqual(events);
  });

  it('takes a small part of the space of the events, and has a version as its first byte', async () => {
    const content = await packContent(some(5_000));
    expect(content[0]).toBe(0x01);
    expect(content.length).toBeLessThan(40_000);
  });

  it('is read in the form from before there were versions: a JSON list', async () => {
    const former = Buffer.from('[["why", "{}"]]');
    expect(await unpackContent(former, 1)).toEqual([{ detail: 'why', body: '{}', isCut: false }]);
  });

  it.each<[string, Buffer, string]>([
    ['a later version', Buffer.of(0x02, 1, 2), 'newer'],
    ['the last version', Buffer.of(0x1f), 'newer'],
    ['an unknown byte', Buffer.of(0x20), 'damaged'],
    ['nothing', Buffer.alloc(0), 'damaged'],
    ['bytes that are not Brotli', Buffer.of(0x01, 0xff, 0xff), 'damaged'],
    ['JSON that ends early', Buffer.from('[["a"'), 'damaged'],
    ['JSON of another form', Buffer.from('[7]'), 'damaged'],
    ['another number of events', Buffer.from('[["a","b"],["a","b"]]'), 'damaged'],
  ])('is refused with its reason: %s', async (_, content, reason) => {
    await expect(unpackContent(content, 1)).rejects.toMatchObject({ name: 'QuarantineUnreadable', reason });
  });
});
