import { expect, it } from 'vitest';
import { DateTime } from '../../src/admin/base/scalars.js';

it('a time is one of a day that exists', () => {
  const read = (text: string): string => DateTime.parseValue(text).toISOString();
  expect(read('2028-02-29T23:59:59+02:00')).toBe('2028-02-29T21:59:59.000Z');
  for (const text of [
    '2026-02-29T00:00:00Z',
    '2026-02-30T09:30:00Z',
    '2026-04-31T00:00:00+01:00',
    '2026-13-01T00:00:00Z',
  ])
    expect(() => read(text), text).toThrow('expected a time in ISO 8601 with its offset');
});
