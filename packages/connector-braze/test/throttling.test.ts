import { itemsToSend, key, send } from './sending.js';
import { expect, it } from 'vitest';

const date = 'Tue, 14 Nov 2023 22:13:20 GMT';
const epoch = Date.parse(date) / 1_000;

it.each([
  ['the documented seconds', { 'x-ratelimit-retry-after': '12' }, 12_000],
  ['Retry-After', { 'retry-after': '7', 'x-ratelimit-retry-after': '12' }, 7_000],
  ['the time of the reset, by the date of the answer', { 'x-ratelimit-reset': String(epoch + 30), date }, 30_000],
  ['the seconds until the reset', { 'x-ratelimit-reset': '45' }, 45_000],
  ['at most an hour', { 'x-ratelimit-retry-after': '86400' }, 3_600_000],
  ['nothing, without a date to compare with', { 'x-ratelimit-reset': String(epoch + 30) }, undefined],
  ['nothing that is no number', { 'x-ratelimit-retry-after': 'soon' }, undefined],
])('waits after a 429 for %s', async (_, headers, afterMs) => {
  const { results } = await send({ status: 429, headers, body: '' });
  for (const result of results) {
    expect(result).toMatchObject({ outcome: 'deferred', scope: 'current', code: 'throttled' });
    expect('afterMs' in result ? result.afterMs : undefined).toBe(afterMs);
  }
});

it('sends the key in a header, and the users as they are', async () => {
  const { requests } = await send({ status: 429, headers: {}, body: '' });
  expect(requests).toEqual([
    {
      method: 'POST',
      url: 'https://rest.iad-01.braze.com/users/track',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ attributes: itemsToSend.map(({ payload }) => payload) }),
    },
  ]);
});
