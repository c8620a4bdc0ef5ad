import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { request } from 'undici';
import { answerCalls } from './program.js';

/** A caller that does harm, in a process of its own, so that what it costs itself does not look like the hub's. */

export interface Target {
  readonly url: string;
  readonly seconds: number;
  /** An ingest token, for callers that have one. */
  readonly token: string;
  readonly adminToken: string;
}

interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** How often each answer came: by status, or `no answer`. */
type Answers = Record<string, number>;

const json = { 'content-type': 'application/json' };
const packed = { ...json, 'content-encoding': 'gzip' };

/** Almost 10 MB of JSON in a few kilobytes, as a push of a cohort. */
const bomb = gzipSync(JSON.stringify({ cohort_changes: [{ user_ids: Array(1_400_000).fill('aaaa') }] }));
const garbageLines = gzipSync('x\n'.repeat(300_000));
const quarantinedLines = Array.from({ length: 9_999 }, (_, index) => `no event ${index}`).join('\n');
const largeBody = JSON.stringify({
  events: Array.from({ length: 9_900 }, (_, index) => ({
    event_type: 'users.messages.email.Open',
    id: `large-${index}`,
    time: 1_750_000_000,
    user: { external_user_id: `user-${index}` },
    properties: { campaign_name: 'x'.repeat(850) },
  })),
});

function catalogues(adminToken: string, count: number): Request {
  const fields = '{ name channels { label eventTypes { name description properties { name description type } } } }';
  const aliases = Array.from({ length: count }, (_, index) => `a${index}: catalogue ${fields}`);
  return {
    path: '/graphql',
    headers: { ...json, authorization: `Bearer ${adminToken}` },
    body: JSON.stringify({ query: `{ ${aliases.join(' ')} }` }),
  };
}

/** All of the schema and all of the catalogue, which is nearly as much as a query may cost. */
function costlyQuery(adminToken: string): Request {
  const type = 'type { name kind ofType { name kind ofType { name kind } } }';
  const query = `{
    __schema { types { name kind description inputFields { name ${type} } enumValues { name description }
      fields { name description args { name description ${type} } ${type} } } }
    catalogue { name channels { eventTypes { name properties { name type } } } } }`;
  const headers = { ...json, authorization: `Bearer ${adminToken}` };
  return { path: '/graphql', headers, body: JSON.stringify({ query }) };
}

/** Requests that are repeated, some at once, until the time is over. */
const floods: Readonly<
  Record<string, (target: Target) => { readonly atOnce: number; readonly request: Request | (() => Request) }>
> = {
  'packed push of a stranger': () => ({
    atOnce: 4,
    request: { path: '/partners/braze/cohorts/users', headers: packed, body: bomb },
  }),
  'packed push without a key': () => ({
    atOnce: 4,
    request: { path: '/partners/mixpanel/webhook', headers: packed, body: bomb },
  }),
  'lines that are no events': ({ token }) => ({
    atOnce: 2,
    request: {
      path: '/v1/events',
      headers: {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        authorization: `Bearer ${token}`,
      },
      body: garbageLines,
    },
  }),
  'lines for the quarantine': ({ token }) => ({
    atOnce: 2,
    // Each is a request of its own: one that is repeated is stored once.
    request: () => ({
      path: '/v1/events',
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}` },
      body: `${Math.random()} \n${quarantinedLines}`,
    }),
  }),
  'largest legal body': ({ token }) => ({
    atOnce: 2,
    request: { path: '/v1/events', headers: { ...json, authorization: `Bearer ${token}` }, body: largeBody },
  }),
  '20 catalogues in a query': ({ adminToken }) => ({ atOnce: 2, request: catalogues(adminToken, 20) }),
  'two catalogues in a query': ({ adminToken }) => ({ atOnce: 2, request: catalogues(adminToken, 2) }),
  'costly queries': ({ adminToken }) => ({ atOnce: 4, request: costlyQuery(adminToken) }),
  'guessed admin tokens': () => ({
    atOnce: 16,
    request: {
      path: '/graphql',
      headers: { ...json, authorization: 'Bearer cur_admin_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
      body: '{"query":"{ __typename }"}',
    },
  }),
};

async function flood({ url, seconds, ...target }: Target, make: (typeof floods)[string]): Promise<Answers> {
  const { atOnce, request: made } = make({ url, seconds, ...target });
  const endMs = Date.now() + seconds * 1_000;
  const answers: Answers = {};
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (Date.now() < endMs) {
        const sent = typeof made === 'function' ? made() : made;
        const answer = await request(`${url}${sent.path}`, { method: 'POST', headers: sent.headers, body: sent.body })
          .then(async ({ statusCode, body }) => {
            await body.dump();
            return String(statusCode);
          })
          .catch(() => 'no answer');
        answers[answer] = (answers[answer] ?? 0) + 1;
        // A refused connection comes back at once.
        if (answer === 'no answer') await wait(50);
      }
    }),
  );
  return answers;
}

const slowConnections = 150;
const declaredBytes = 10_000_000;
const sentBytes = 9_000_000;

/** Connections that send most of a body and then nothing. */
async function stall({ url, seconds, token }: Target): Promise<Answers> {
  const { hostname, port } = new URL(url);
  const part = Buffer.alloc(100_000, ' ');
  const head = `POST /v1/events HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${declaredBytes}\r\n\r\n`;
  const answers: Answers = {};
  const sockets: Socket[] = [];
  for (let index = 0; index < slowConnections; index++) {
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', (answer) => {
      const status = answer.toString('latin1').slice(9, 12);
      answers[status] = (answers[status] ?? 0) + 1;
    });
    socket.write(head);
    let sent = 0;
    const send = (): void => {
      while (sent < sentBytes) {
        sent += part.length;
        if (!socket.write(part)) return void socket.once('drain', send);
      }
    };
    send();
  }
  await wait(seconds * 1_000);
  for (const socket of sockets) socket.destroy();
  return { ...answers, 'no answer': slowConnections - Object.values(answers).reduce((sum, count) => sum + count, 0) };
}

export const attackNames = [...Object.keys(floods), 'bodies that stop'];

const attacker = {
  names: () => attackNames,
  attack({ name, target }: { readonly name: string; readonly target: Target }): Promise<Answers> {
    const make = floods[name];
    return make === undefined ? stall(target) : flood(target, make);
  },
};

export type Attacker = typeof attacker;

answerCalls(attacker);
