import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSignedBy } from '@currents/core';

export interface Receiver {
  readonly url: string;
  /** Who it holds to be in the segment, by what it was told. */
  readonly inside: ReadonlySet<string>;
  /** What it found wrong; stays empty. */
  readonly complaints: readonly string[];
  /** Deliveries it took, and pings. */
  readonly taken: readonly { readonly id: string; readonly changes: number }[];
  readonly pings: number;
  requests: number;
  secret: string;
  /** Answers the next requests so instead of taking them; `lost`: it takes them, and the answer is lost. */
  readonly mood: ('lost' | { readonly status: number; readonly headers?: Readonly<Record<string, string>> })[];
  /** Answered while it is set and the mood is spent. */
  refusal: number | undefined;
  close(): Promise<void>;
}

interface Told {
  readonly type: string;
  readonly after: string;
  readonly cursor: string;
  readonly changes: readonly {
    readonly cursor: string;
    readonly change: string;
    readonly member: { readonly externalId: string };
  }[];
}

/** A receiver that trusts nobody: it checks signature, time, order, and that nothing is told twice or left out. */
export async function openReceiver(): Promise<Receiver> {
  const inside = new Set<string>();
  const complaints: string[] = [];
  const taken: { id: string; changes: number }[] = [];
  const bodies = new Map<string, string>();
  let last: string | undefined;

  function take(body: string, headers: IncomingMessage['headers']): void {
    const [id, timestamp, signature] = ['currents-delivery', 'currents-timestamp', 'currents-signature'].map((name) =>
      String(headers[name]),
    ) as [string, string, string];
    if (!isSignedBy(receiver.secret, { timestamp, signature, body }))
      complaints.push(`${id}: not signed by the secret`);
    if (Math.abs(Number(timestamp) * 1000 - Date.now()) > 60_000) complaints.push(`${id}: of another time`);
    const told = JSON.parse(body) as Told;
    if (told.type === 'ping') {
      receiver.pings++;
      return;
    }
    const known = bodies.get(id);
    if (known !== undefined) {
      if (known !== body) complaints.push(`${id}: repeated with another body`);
      return;
    }
    bodies.set(id, body);
    if (last !== undefined && told.after !== last)
      complaints.push(`${id}: begins after ${told.after}, and the last one ended with ${last}`);
    let cursor = BigInt(told.after);
    for (const { cursor: at, change, member } of told.changes) {
      if (BigInt(at) <= cursor) complaints.push(`${id}: out of order`);
      cursor = BigInt(at);
      if (inside.has(member.externalId) === (change === 'entered'))
        complaints.push(`${id}: ${member.externalId} ${change} twice`);
      if (change === 'entered') inside.add(member.externalId);
      else inside.delete(member.externalId);
    }
    if (String(cursor) !== told.cursor) complaints.push(`${id}: ends with ${cursor}, and says ${told.cursor}`);
    last = told.cursor;
    taken.push({ id, changes: told.changes.length });
  }

  const server = createServer((request, response) => {
    void readText(request).then((body) => {
      receiver.requests++;
      const mood = receiver.mood.shift() ?? (receiver.refusal === undefined ? undefined : { status: receiver.refusal });
      if (mood !== undefined && mood !== 'lost') {
        response.writeHead(mood.status, 'headers' in mood ? mood.headers : {}).end();
        return;
      }
      take(body, request.headers);
      if (mood === 'lost') request.socket.destroy();
      else response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/segments`,
    inside,
    complaints,
    taken,
    pings: 0,
    requests: 0,
    secret: '',
    mood: [] as ('lost' | { status: number; headers?: Record<string, string> })[],
    refusal: undefined as number | undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return text;
}
