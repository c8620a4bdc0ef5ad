import { bodySignature } from '@currents/connector';
import { itemsOf, jsonAnswer, scriptedHttp, textAnswer } from '@currents/connector/conformance';
import { http } from '@currents/connector-http';
import { catalogue } from '@currents/schema';
import { describe, expect, it } from 'vitest';

const url = 'https://collector.example.com/events';
const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** What is asked of a receiver that answers so, and what that means. */
async function send(given: object, credentials: object, answer = textAnswer(200, ''), count = 3) {
  const settings = http.settings.parse({ url, ...given });
  const client = scriptedHttp(answer);
  const items = itemsOf(http, settings, count);
  const results = await http.send(items, { settings, credentials, http: client });
  return { request: client.requests[0], items, results };
}

describe('a request', () => {
  it('has the events as Braze sends them, and Braze’s headers', async () => {
    const { request, items } = await send({}, { token: 'secret-token' });
    expect(request).toMatchObject({
      method: 'POST',
      url,
      gzip: false,
      headers: {
        authorization: 'Bearer secret-token',
        'content-type': 'application/json',
        'braze-currents-version': '1',
      },
    });
    expect(JSON.parse(request?.body ?? '')).toStrictEqual({ events: items.map(({ payload }) => payload) });
    expect(request).not.toHaveProperty('signature');
  });

  it('has the token alone in a header of another name, which overrides one of the settings', async () => {
    const headers = { 'X-Tenant': 'shop', 'x-api-key': 'setting' };
    const { request } = await send({ tokenHeader: 'X-Api-Key', headers }, { token: 'secret-token' });
    expect(request?.headers).toEqual({
      'X-Tenant': 'shop',
      'x-api-key': 'secret-token',
      'content-type': 'application/json',
      'braze-currents-version': '1',
    });
  });

  it('has each header once, and an admin’s in place of Braze’s', async () => {
    const headers = { 'Braze-Currents-Version': '2' };
    expect((await send({ headers }, {})).request?.headers).toEqual({
      'content-type': 'application/json',
      'Braze-Currents-Version': '2',
    });
    const { request } = await send({ tokenHeader: 'Braze-Currents-Version', headers }, { token: 'secret-token' });
    expect(request?.headers).toEqual({
      'content-type': 'application/json',
      'braze-currents-version': 'secret-token',
    });
  });

  it('is signed with an id that only other events change', async () => {
    const first = await send({}, { signingSecret });
    const again = await send({ gzip: true }, { signingSecret });
    const other = await send({}, { signingSecret }, textAnswer(200, ''), 2);
    expect(first.request?.signature).toEqual({
      id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      secret: signingSecret,
    });
    expect(again.request?.signature).toEqual(first.request?.signature);
    expect(other.request?.signature?.id).not.toBe(first.request?.signature?.id);
  });
});

it('the id of a signed request tells apart whatever ids its events have', () => {
  const idOf = (...ids: string[]) =>
    bodySignature(
      ids.map((id) => ({ id, payload: {}, json: '{}' })),
      signingSecret,
    ).signature?.id;
  const lists = [['a\nb'], ['a', 'b'], ['"a\\nb"'], ['a\n', 'b'], ['a', '\nb'], ['a', '\n', 'b']];
  expect(new Set(lists.map((ids) => idOf(...ids))).size).toBe(lists.length);
});

describe('which statuses mean what', () => {
  it.each([
    [{ deliveredStatuses: '2xx, 409' }, 409, { outcome: 'delivered' }],
    [{ deliveredStatuses: '200' }, 204, { outcome: 'deferred', code: 'unreadable_answer' }],
    [{ refusedStatuses: '' }, 400, { outcome: 'deferred', code: 'http_400' }],
    [{ refusedStatuses: '4xx', blockedStatuses: '' }, 404, { outcome: 'split', code: 'http_404' }],
    [{ blockedStatuses: '5xx' }, 503, { outcome: 'blocked', code: 'http_503' }],
    [{ deliveredStatuses: '3xx' }, 302, { outcome: 'delivered' }],
    [{ deliveredStatuses: '200', refusedStatuses: '207' }, 207, { outcome: 'split', code: 'http_207' }],
    [{ deliveredStatuses: '200', blockedStatuses: '2xx' }, 204, { outcome: 'blocked', code: 'http_204' }],
    [{ refusedStatuses: '304' }, 304, { outcome: 'split', code: 'http_304' }],
    [{ refusedStatuses: '3xx', blockedStatuses: '302' }, 302, { outcome: 'blocked', code: 'redirected' }],
    [{ refusedStatuses: '4xx' }, 404, { outcome: 'blocked', code: 'http_404' }],
    [{}, 418, { outcome: 'deferred', code: 'http_418' }],
  ])('%j: %i', async (given, status, expected) => {
    const { results } = await send(given, {}, textAnswer(status, ''));
    for (const result of results) expect(result).toMatchObject(expected);
  });

  it('is named where it is a success that no list has', async () => {
    const { results } = await send({ deliveredStatuses: '200, 201' }, {}, textAnswer(202, 'accepted'));
    expect(results[0]).toMatchObject({
      outcome: 'deferred',
      detail:
        'HTTP 202: expected one of the deliveredStatuses (200, 201), got another success; add it if it means that the receiver has the events',
    });
  });

  it('is asked before the receiver’s words, which are quoted without secrets', async () => {
    const answer = jsonAnswer(401, { message: 'no such token: secret-token' });
    const { results } = await send({}, { token: 'secret-token' }, answer);
    expect(results[0]).toEqual({
      id: expect.any(String),
      outcome: 'blocked',
      code: 'http_401',
      detail: 'HTTP 401: no such token: [hidden]; check the URL, the token and the receiver',
    });
  });
});

it('every type of the catalogue keeps its name', () => {
  expect(catalogue.map(({ name }) => http.nameOf(name))).toEqual(catalogue.map(({ name }) => name));
});
