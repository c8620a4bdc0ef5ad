import { createPlaceholderCheck, interpretAnswer, recordRequest } from '@currents/connector';
import { htmlAnswer, jsonAnswer, textAnswer } from '@currents/connector/conformance';
import { describe, expect, it } from 'vitest';
import { logbook } from './toy/logbook.js';

const words = (text: string): string => text;

describe('interpretAnswer', () => {
  const bare = { label: 'Relay', refusals: {} };

  it.each([200, 201, 204])('takes a %s for a success whatever its body where only the status counts', (status) => {
    expect(interpretAnswer(htmlAnswer(status), bare, words)).toEqual({ kind: 'success' });
  });

  it('asks for the partner’s own body where there is a rule for it', () => {
    const rules = { ...bare, isSuccess: ({ ok }: Readonly<Record<string, unknown>>) => ok === true };
    expect(interpretAnswer(jsonAnswer(200, { ok: true }), rules, words)).toEqual({ kind: 'success' });
    expect(interpretAnswer(htmlAnswer(200), rules, words)).toMatchObject({ code: 'unreadable_answer' });
    const damaged = { ...textAnswer(200, ''), unread: 'the answer is not valid gzip' };
    expect(interpretAnswer(damaged, rules, words)).toMatchObject({
      code: 'unreadable_answer',
      detail:
        'HTTP 200 with a body that is not from Relay (the answer is not valid gzip); check for a proxy or another server',
    });
  });

  it('takes the statuses that a rule names for a refusal of the request, and only those', () => {
    const rules = { ...bare, isInvalid: (status: number) => status === 422 || status === 413 };
    const kinds = [400, 413, 422].map((status) => interpretAnswer(textAnswer(status, ''), rules, words));
    expect(kinds).toMatchObject([
      { kind: 'unexpected', code: 'http_400' },
      { kind: 'invalid', code: 'request_too_large', isTooLarge: true },
      { kind: 'invalid', code: 'http_422' },
    ]);
  });
});

describe('createPlaceholderCheck', () => {
  const isPlaceholder = createPlaceholderCheck(['not_authenticated', '"null"']);

  it.each(['null', ' NULL ', '0', 'not_authenticated', 'Not_Authenticated ', '"null"'])('knows %j', (id) =>
    expect(isPlaceholder(id)).toBe(true),
  );
  it.each(['nullable', 'not_authenticated_1', 'customer-1042', "'null'", ''])('does not know %j', (id) =>
    expect(isPlaceholder(id)).toBe(false),
  );
});

it('a recorded request shows that it is signed, and neither the secret nor a signature', async () => {
  const secret = 'whsec_c2VjcmV0';
  const recorded = await recordRequest(
    {
      ...logbook,
      send: async (_items, { http }) => {
        await http.request({ method: 'POST', url: 'https://example.com', signature: { id: 'msg_1', secret } });
        return [];
      },
    },
    [],
    { settings: { host: 'logbook.example.com' } },
  );
  expect(recorded?.headers).toEqual({
    'webhook-id': '[hidden]',
    'webhook-timestamp': '[hidden]',
    'webhook-signature': '[hidden]',
  });
});
