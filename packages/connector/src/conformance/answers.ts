import type { HttpAnswer } from '../http.js';

type Headers = Readonly<Record<string, string>>;

export function jsonAnswer(status: number, value: unknown, headers: Headers = {}): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

export function textAnswer(status: number, body: string, headers: Headers = {}): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain', ...headers }, body };
}

/** The page of a proxy in front of the partner. */
export function htmlAnswer(status: number): HttpAnswer {
  const body = `<html><head><title>${status}</title></head><body><h1>${status}</h1><hr>nginx</body></html>\r\n`;
  return { status, headers: { 'content-type': 'text/html' }, body };
}

export function noAnswer(failure: 'timeout' | 'unreachable' | 'broken'): HttpAnswer {
  return { status: 0, failure, detail: `no answer: ${failure}` };
}

/** The partner is down or unreachable: every event has to wait. */
export const outages: Readonly<Record<string, HttpAnswer>> = {
  '500': jsonAnswer(500, { code: 500, error: 'internal error' }),
  '500 with an empty body': textAnswer(500, ''),
  '502 with a page in HTML': htmlAnswer(502),
  '503': jsonAnswer(503, { code: 503, error: 'try again later' }),
  '503 with Retry-After': textAnswer(503, '', { 'retry-after': '30' }),
  '503 whose body says 200': jsonAnswer(503, { code: 200, status: 'OK' }),
  '504 with a page in HTML': htmlAnswer(504),
  'a timeout': noAnswer('timeout'),
  'an unreachable host': noAnswer('unreachable'),
  'a broken connection': noAnswer('broken'),
};

/** Bodies of a 2xx answer that say that something went well, and not that any event was stored. */
export const emptyPraise: Readonly<Record<string, HttpAnswer>> = Object.fromEntries(
  [{}, { status: 1 }, { ok: true }, { success: true }, { code: 200 }, { status: 'OK' }, { result: 'accepted' }].map(
    (body) => [`200 with ${JSON.stringify(body)}`, jsonAnswer(200, body)],
  ),
);

/** What any partner, or a proxy in front of it, may answer to any request. */
export const awkwardAnswers: Readonly<Record<string, HttpAnswer>> = {
  '200 with a body that is no JSON': textAnswer(200, 'great success'),
  '200 with a page in HTML': htmlAnswer(200),
  '200 with half a JSON body': textAnswer(200, '{"code":200,"sta'),
  '200 with an empty body': textAnswer(200, ''),
  '200 with null': jsonAnswer(200, null),
  '200 with a list': jsonAnswer(200, [1, 2, 3]),
  '200 with an empty object': jsonAnswer(200, {}),
  '204': textAnswer(204, ''),
  '301 to elsewhere': textAnswer(301, '', { location: 'https://elsewhere.example/' }),
  '302 to elsewhere': textAnswer(302, '', { location: 'https://elsewhere.example/' }),
  '307 to elsewhere': textAnswer(307, '', { location: 'https://elsewhere.example/' }),
  '400 with an empty body': textAnswer(400, ''),
  '400 with an empty object': jsonAnswer(400, {}),
  '400 with a page in HTML': htmlAnswer(400),
  '400 with wrong types throughout': jsonAnswer(400, { code: '400', error: { text: 1 }, failed_records: 'all' }),
  '401': jsonAnswer(401, { code: 401, error: 'no' }),
  '401 with an empty body': textAnswer(401, ''),
  '402': jsonAnswer(402, { error: 'no' }),
  '403': jsonAnswer(403, { error: 'no' }),
  '403 with a page in HTML': htmlAnswer(403),
  '404': jsonAnswer(404, { error: 'no' }),
  '405': textAnswer(405, ''),
  '408': textAnswer(408, ''),
  '413': jsonAnswer(413, { code: 413, error: 'too large' }),
  '413 with a page in HTML': htmlAnswer(413),
  '415': textAnswer(415, ''),
  '418': textAnswer(418, 'short and stout'),
  '429': jsonAnswer(429, { code: 429, error: 'slow down' }),
  '429 with an empty body': textAnswer(429, ''),
  '429 with Retry-After in seconds': textAnswer(429, '', { 'retry-after': '30' }),
  '429 with Retry-After as a date': textAnswer(429, '', {
    date: 'Tue, 14 Nov 2023 22:13:20 GMT',
    'retry-after': 'Tue, 14 Nov 2023 22:13:50 GMT',
  }),
  '429 with an invalid Retry-After': textAnswer(429, '', { 'retry-after': 'soon' }),
  ...outages,
};
