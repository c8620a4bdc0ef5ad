import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from '../../src/fakes/listen.js';

/** A server of the imaginary partner Tidemark, as strict as a real one: it refuses and records unexpected requests. */
export interface FakeTidemark {
  readonly url: string;
  /** The number of copies received of each stored event, by id. */
  readonly stored: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
  close(): Promise<void>;
}

const maxEvents = 50;
const fields = ['id', 'name', 'properties', 'time', 'user'];

/** Refuses events of users whose id is in `refusedUsers`. */
export async function startFakeTidemark(apiKey: string, refusedUsers: readonly string[]): Promise<FakeTidemark> {
  const stored = new Map<string, number>();
  const violations: string[] = [];

  async function answer(request: IncomingMessage): Promise<[status: number, body: unknown]> {
    const text = (await request.setEncoding('utf8').toArray()).join('');
    if (request.headers['x-api-key'] !== apiKey) return [401, { error: 'unknown key' }];
    const problem = problemOf(request, text);
    if (problem !== undefined) {
      violations.push(problem);
      return [400, { error: problem }];
    }
    const { events } = JSON.parse(text) as { events: readonly { id: string; user: string }[] };
    const refused = events.filter(({ user }) => refusedUsers.includes(user)).map(({ id }) => id);
    for (const { id } of events) if (!refused.includes(id)) stored.set(id, (stored.get(id) ?? 0) + 1);
    return [200, { refused }];
  }

  const { url, close } = await listen(0, (request, response: ServerResponse) => {
    void answer(request).then(([status, body]) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );
  });
  return { url, stored, violations, close };
}

function problemOf({ method, url, headers }: IncomingMessage, text: string): string | undefined {
  if (method !== 'POST' || url !== '/v1/track') return `expected POST /v1/track, got ${method} ${url}`;
  if (headers['content-type'] !== 'application/json') return `expected JSON, got ${headers['content-type']}`;
  const body = JSON.parse(text) as Record<string, unknown>;
  const events = body['events'];
  if (Object.keys(body).join() !== 'events' || !Array.isArray(events)) return 'expected nothing but a list of events';
  if (events.length > maxEvents) return `expected at most ${maxEvents} events, got ${events.length}`;
  for (const event of events as Record<string, unknown>[]) {
    if (Object.keys(event).sort().join() !== fields.join()) return `expected ${fields.join()} in each event`;
    if (!Number.isInteger(event['time'])) return 'time: expected whole seconds';
    if ([event['id'], event['user'], event['name']].some((value) => typeof value !== 'string' || value === ''))
      return 'expected texts for id, user and name';
  }
  return undefined;
}
