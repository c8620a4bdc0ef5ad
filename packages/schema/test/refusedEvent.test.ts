import { describe, expect, it } from 'vitest';
import { readRefused, typeOfRefused } from '../src/refusedEvent.js';

describe('readRefused', () => {
  it.each<readonly [string, unknown]>([
    ['{"id":"a","x":1}', { id: 'a', x: 1 }],
    ['42', 42],
    ['', undefined],
    ['[{"id":"a"', undefined],
    ['{"id":"a', undefined],
    ['{"id":"a"', { id: 'a' }],
    [
      '{"id":"a","user":{"external_user_id":"u\\u0041","device_id":"d"',
      { id: 'a', user: { external_user_id: 'uA', device_id: 'd' } },
    ],
    [
      '{"id":"a","user":{"user_id":"u"},"time":1,"event_type":"t","properties":{"a":[{"id":"no"},"}"],"b":}}',
      { id: 'a', user: { user_id: 'u' }, event_type: 't' },
    ],
    ['{"properties":{"id":"no"}} {"id":"b"}', undefined],
    ['{"id":"a","x":"\\xE9","event_type":"t"}', { id: 'a', event_type: 't' }],
    ['{"id":{"id":"no"},"event_type":7,', { id: undefined, event_type: undefined }],
    ['{"user":"u","id":"a",}', { id: 'a' }],
    [`{"id":"a","long":"${'x'.repeat(100_000)}`, { id: 'a' }],
    [`{"long":"${'x'.repeat(100_000)}","id":"a",`, undefined],
    [`{"__proto__":{"id":"no"},"id":"a",`, { id: 'a' }],
  ])('reads %.60s', (text, event) => expect(readRefused(text)).toEqual(event));
});

describe('typeOfRefused', () => {
  it('is what may be the name of a type', () => {
    expect(typeOfRefused({ event_type: 'users.messages.pigeon.Open' })).toBe('users.messages.pigeon.Open');
    for (const type of [undefined, 7, '', 'ann@example.com', 'two words', 'x'.repeat(101), 'a"b', 'ä'])
      expect(typeOfRefused({ event_type: type })).toBeUndefined();
    for (const value of [undefined, null, 'x', []]) expect(typeOfRefused(value)).toBeUndefined();
  });
});
