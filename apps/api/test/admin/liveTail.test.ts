import { once } from 'node:events';
import { connect as connectSocket, type AddressInfo, type Socket } from 'node:net';
import { createAdminToken, revokeAdminToken } from '@currents/core';
import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAdminHarness, until, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
let url: string;
beforeAll(async () => {
  harness = await openAdminHarness({ signInAgainMs: 50 });
  url = await harness.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => harness.close());

const everything =
  'subscription ($filter: LiveTailFilter) { liveTail(filter: $filter) { leftOutCount items { kind occurredAt eventType eventId code current { id } ingestToken { name } } } }';

interface Message {
  readonly event: string;
  readonly data: any;
}

interface Stream {
  readonly status: number;
  readonly headers: Headers;
  /** Resolves with the next message; undefined at the end of the stream. */
  next(): Promise<Message | undefined>;
  stop(): void;
}

/** Reads a subscription as a client of GraphQL over SSE does. */
async function subscribe(
  query = everything,
  variables: object = {},
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${harness.token}` },
): Promise<Stream> {
  const abort = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { accept: 'text/event-stream', 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
    signal: abort.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    status: response.status,
    headers: response.headers,
    async next() {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end >= 0) {
          const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
          text = text.slice(end + 2);
          if (event !== undefined) return { event, data: data ? JSON.parse(data) : undefined };
        } else {
          const { done, value } = await reader.read();
          if (done) return undefined;
          text += value;
        }
      }
    },
    stop: () => abort.abort(),
  };
}

const email = (id: string) => ({
  id,
  event_type: 'users.messages.email.Open',
  time: 1_700_000_000,
  user: { user_id: 'f'.repeat(24), external_user_id: 'ana@example.com' },
  properties: { campaign_id: 'c', campaign_name: 'Spring', email_address: 'ana@example.com' },
});

async function store(...events: readonly object[]) {
  const chunks = [Buffer.from(JSON.stringify({ events }))];
  const taken = await harness.intake.take({ chunks, format: 'json', tokenId: harness.tokenId });
  expect(taken.outcome).toBe('stored');
}

/** Stores events until the tail shows one: the demand reaches the process that stores them a moment later. */
async function firstUpdate<Update>(stream: { next(): Promise<Update> }, event: (id: string) => object = email) {
  let isSeen = false;
  const storing = (async () => {
    for (let count = 0; !isSeen && count < 500; count++) {
      await store(event(`event-${count}`));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const message = await stream.next();
  isSeen = true;
  await storing;
  return message;
}

/** The code of the error with which a stream ends. Before it may come what was stored a moment ago, also by an earlier test. */
async function lastCode(stream: Stream): Promise<unknown> {
  let last: Message | undefined;
  let isCompleted = false;
  for (let next = await stream.next(); next; next = await stream.next()) {
    isCompleted = next.event === 'complete';
    if (next.event === 'next') last = next;
  }
  expect(isCompleted).toBe(true);
  return last?.data.errors?.[0].extensions.code;
}

const noReaders = () =>
  until(
    async () => harness.liveTail.readerCount,
    (count) => count === 0,
  );

describe('the live tail', () => {
  it('shows events as they come in, without a word of who they are about', async () => {
    const stream = await subscribe();
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(stream.headers.get('cache-control')).toBe('no-store');
    const message = await firstUpdate(stream);
    expect(message?.event).toBe('next');
    const [item] = message?.data.data.liveTail.items ?? [];
    expect(item).toEqual({
      kind: 'ACCEPTED',
      occurredAt: expect.stringMatching(/^20\d\d-/),
      eventType: 'users.messages.email.Open',
      eventId: expect.stringMatching(/^event-\d+$/),
      code: null,
      current: null,
      ingestToken: { name: 'sender' },
    });
    expect(JSON.stringify(message)).not.toMatch(/ana@|ffff|Spring/);
    stream.stop();
    await noReaders();
  });

  it('is followed by the client of graphql-sse, and left by it', async () => {
    const headers = { authorization: `Bearer ${harness.token}` };
    const client = createClient({ url: `${url}/graphql`, headers, retryAttempts: 0 });
    const updates = client.iterate<any>({ query: everything });
    const { value } = await firstUpdate(updates);
    expect(value.data.liveTail.items[0]).toMatchObject({ kind: 'ACCEPTED', ingestToken: { name: 'sender' } });
    await updates.return?.();
    await noReaders();
    const refused = client.iterate<any>({ query: 'subscription { liveTail { secrets } }' });
    expect((await refused.next()).value.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(await refused.next()).toMatchObject({ done: true });
    client.dispose();
  });

  it('shows only what the filter asks for, and why an event was quarantined', async () => {
    const stream = await subscribe(everything, { filter: { kinds: ['QUARANTINED'] } });
    const message = await firstUpdate(stream, (id) => ({ ...email(id), event_type: 'users.unknown' }));
    const { items } = message?.data.data.liveTail ?? {};
    expect(items.length).toBeGreaterThan(0);
    for (const item of items)
      expect(item).toMatchObject({ kind: 'QUARANTINED', eventType: null, code: expect.any(String) });
    stream.stop();
    await noReaders();
  });

  it('samples a flood, and counts what it leaves out', async () => {
    const stream = await subscribe(everything, { filter: { eventType: 'users.messages.email.Open' } });
    await firstUpdate(stream);
    const sent = 3_000;
    await store(...Array.from({ length: sent }, (_, index) => email(`flood-${index}`)));
    let [shown, leftOut] = [0, 0];
    while (shown + leftOut < sent) {
      const { items, leftOutCount } = (await stream.next())?.data.data.liveTail ?? {};
      shown += items.length;
      leftOut += leftOutCount;
    }
    expect(shown).toBeLessThan(100);
    stream.stop();
    await noReaders();
  });

  it.each([
    ['a query', '{ me { name } }', {}, 'BAD_REQUEST'],
    ['a field that does not exist', 'subscription { liveTail { secrets } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['no GraphQL', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
    ['a variable of another type', everything, { filter: { kinds: 7 } }, 'BAD_USER_INPUT'],
    ['an id of another type', everything, { filter: { currentId: 'tok_1' } }, 'WRONG_ID_TYPE'],
    ['an unknown event type', everything, { filter: { eventType: 'nothing' } }, 'BAD_USER_INPUT'],
  ])('answers %s with what is wrong, as its only result', async (_what, query, variables, code) => {
    const stream = await subscribe(query, variables);
    expect(await stream.next()).toMatchObject({ event: 'next', data: { errors: [{ extensions: { code } }] } });
    expect(await stream.next()).toEqual({ event: 'complete', data: undefined });
    expect(await stream.next()).toBeUndefined();
    await noReaders();
  });

  it('refuses who is not signed in before it streams', async () => {
    const stream = await subscribe(everything, {}, { authorization: 'Bearer cur_admin_wrong' });
    expect(stream.status).toBe(401);
  });

  it('needs the role OPERATOR, and ends with the token', async () => {
    const tokenOf = async (name: string, role: 'viewer' | 'operator') => {
      const made = await createAdminToken(harness.admin, { name, role });
      if (made.kind !== 'AdminTokenCreated') throw new Error(made.message);
      return made;
    };
    const viewer = await tokenOf('viewer', 'viewer');
    const refused = await subscribe(everything, {}, { authorization: `Bearer ${viewer.token}` });
    expect((await refused.next())?.data.errors[0].extensions.code).toBe('FORBIDDEN');
    const operator = await tokenOf('operator', 'operator');
    const stream = await subscribe(everything, {}, { authorization: `Bearer ${operator.token}` });
    await firstUpdate(stream);
    await revokeAdminToken(harness.admin, operator.adminToken.id, operator.adminToken.id);
    expect(await lastCode(stream)).toBe('TOKEN_UNKNOWN');
    await noReaders();
  });

  it('ends when the browser signs out', async () => {
    const signedIn = await fetch(`${url}/console/session`, {
      method: 'POST',
      headers: { authorization: `Bearer ${harness.token}` },
    });
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const { csrfToken } = (await signedIn.json()) as { csrfToken: string };
    const headers = { cookie, 'x-csrf-token': csrfToken };
    expect((await subscribe(everything, {}, { cookie })).status).toBe(403);
    const stream = await subscribe(everything, {}, headers);
    expect(stream.status).toBe(200);
    await fetch(`${url}/console/session`, { method: 'DELETE', headers });
    expect(await lastCode(stream)).toBe('SESSION_ENDED');
    await noReaders();
  });

  it('lets fifty readers that take nothing slow nothing down, and refuses more', async () => {
    const { port } = harness.app.server.address() as AddressInfo;
    const body = JSON.stringify({ query: everything });
    const head = [
      'POST /graphql HTTP/1.1',
      'host: hub.example.com',
      `authorization: Bearer ${harness.token}`,
      'accept: text/event-stream',
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    const sockets: Socket[] = [];
    for (let count = 0; count < 50; count++) {
      const socket = connectSocket(port, '127.0.0.1');
      await once(socket, 'connect');
      // Paused from the start: it never reads a byte.
      socket.pause().write(`${head.join('\r\n')}\r\n\r\n${body}`);
      sockets.push(socket);
    }
    await until(
      async () => harness.liveTail.readerCount,
      (count) => count === 50,
    );
    const refused = await subscribe();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7']);

    const requests = 100;
    const timesMs: number[] = [];
    const heapBefore = process.memoryUsage().heapUsed;
    for (let request = 0; request < requests; request++) {
      const startedMs = performance.now();
      await store(...Array.from({ length: 20 }, (_, index) => email(`slow-${request}-${index}`)));
      timesMs.push(performance.now() - startedMs);
    }
    const median = timesMs.sort((a, b) => a - b)[requests / 2] as number;
    expect(median).toBeLessThan(250);
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(150 * 1024 * 1024);
    for (const socket of sockets) socket.destroy();
    await noReaders();
  }, 60_000);

  it('ends all streams when the process stops, and takes no new ones', async () => {
    const stream = await subscribe();
    await harness.liveTail.stop();
    const messages: Message[] = [];
    for (let next = await stream.next(); next; next = await stream.next()) messages.push(next);
    // An update may have been on its way.
    expect(messages.at(-2)?.data.errors[0].extensions.code).toBe('UNAVAILABLE');
    expect(messages.at(-1)).toMatchObject({ event: 'complete' });
    expect((await subscribe()).status).toBe(503);
  });
});
