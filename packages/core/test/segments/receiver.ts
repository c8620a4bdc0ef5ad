import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSignedBy } from '@currents/core';

export interface Receiver {
  readonly url: string;
  /** The members of the segment according to the received changes. */
  readonly inside: ReadonlySet<string>;
  /** Violations of the protocol; expected to stay empty. */
  readonly complaints: readonly string[];
  /** Accepted deliveries. */
  readonly taken: readonly { readonly id: string; readonly changes: number }[];
  readonly pings: number;
  requests: number;
  secret: string;
  /** Responses to the next requests, which are then not accepted; `lost`: accepted, but the response is lost. */
  readonly mood: ('lost' | { readonly status: number; readonly headers?: Readonly<Record<string, string>> })[];
  /** Awaited before a request is answered. */
  pause: () => Promise<void>;
  /** The status of every response while set and `mood` is empty. */
  refusal: number | undefined;
  close(): Promise<void>;
}

interface Delivery {
  readonly type: string;
  readonly after: string;
  readonly cursor: string;
  readonly changes: readonly {
    readonly cursor: string;
    readonly change: string;
    readonly member: { readonly externalId: string };
  }[];
}

/** A strict webhook receiver: it checks signature, time and order, and that no change is missing or duplicated. */
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
    const delivery = JSON.parse(body) as Delivery;
    if (delivery.type === 'ping') {
      receiver.pings++;
      return;
    }
    const known = bodies.get(id);
    if (known !== undefined) {
      if (known !== body) complaints.push(`${id}: repeated with another body`);
      return;
    }
    bodies.set(id, body);
    if (last !== undefined && delivery.after !== last)
      complaints.push(`${id}: begins after ${delivery.after}, and the last one ended with ${last}`);
    let cursor = BigInt(delivery.after);
    for (const { cursor: at, change, member } of delivery.changes) {
      if (BigInt(at) <= cursor) complaints.push(`${id}: out of order`);
      cursor = BigInt(at);
      if (inside.has(member.externalId) === (change === 'entered'))
        complaints.push(`${id}: ${member.externalId} ${change} twice`);
      if (change === 'entered') inside.add(member.externalId);
      else inside.delete(member.externalId);
    }
    if (String(cursor) !== delivery.cursor) complaints.push(`${id}: ends with ${cursor}, and says ${delivery.cursor}`);
    last = delivery.cursor;
    taken.push({ id, changes: delivery.changes.length });
  }

  const server = createServer((request, response) => {
    void readText(request).then(async (body) => {
      receiver.requests++;
      await receiver.pause();
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
    pause: async (): Promise<void> => undefined,
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
