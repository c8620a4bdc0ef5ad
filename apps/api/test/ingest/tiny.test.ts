import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event, openIngestHarness, type IngestHarness } from './ingestHarness.js';

const requests = 100_000;
const connections = 50;
/** Requests in flight per connection. */
const window = 20;

let api: IngestHarness;
beforeAll(async () => {
  api = await openIngestHarness();
});
afterAll(() => api.close());

describe('100,000 tiny requests', () => {
  it('are all answered, lose no event, and share their commits', async () => {
    const each = requests / connections;
    const statuses = await Promise.all(
      Array.from({ length: connections }, (_, client) =>
        sendOneByOne(each, (place) => JSON.stringify(event({ id: `${client}-${place}` }))),
      ),
    );
    expect(statuses.flat().filter((status) => status !== 200)).toEqual([]);
    expect(statuses.flat()).toHaveLength(requests);

    const stored = await api.storedEvents();
    expect(stored).toHaveLength(requests);
    expect(new Set(stored.map(({ id }) => id)).size).toBe(requests);
    const [{ batches } = { batches: 0 }] = await api.sql<
      { batches: number }[]
    >`select count(*)::int as batches from batch`;
    expect(batches).toBeLessThan(requests / 20);
    expect((await api.ask('/healthz')).status).toBe(200);
  }, 120_000);
});

/** Sends `count` pipelined requests over one connection, and returns their statuses. */
function sendOneByOne(count: number, bodyOf: (place: number) => string): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.url);
    const socket = connect({ host: hostname, port: Number(port) });
    const statuses: number[] = [];
    let sent = 0;
    let rest = '';
    const send = (): void => {
      let pieces = '';
      for (; sent < count && sent - statuses.length < window; sent++) {
        const body = bodyOf(sent);
        pieces += `POST /v1/events HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer ${api.token}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
      }
      if (pieces !== '') socket.write(pieces);
    };
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('close', () => resolve(statuses));
    socket.on('data', (text: string) => {
      // A chunk may end inside a status line.
      const said = rest + text;
      const whole = said.lastIndexOf('\n') + 1;
      rest = said.slice(whole);
      for (const [, status] of said.slice(0, whole).matchAll(/HTTP\/1\.1 (\d+) /g)) statuses.push(Number(status));
      if (statuses.length === count) return socket.end();
      send();
    });
    send();
  });
}
