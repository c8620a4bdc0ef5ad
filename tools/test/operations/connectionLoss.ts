import { connect as connectTo, createServer, type AddressInfo, type Socket } from 'node:net';

/** How a connection ends: the way to the server is lost, something on it closes it, or an administrator ends the session. */
export type Loss = 'reset' | 'closed' | 'ended by the server';

/** A FATAL ErrorResponse with the code 57P01 (PostgreSQL manual, 53.8). */
const farewell = errorResponse('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');

function errorResponse(fields: string): Buffer {
  const message = Buffer.alloc(5 + fields.length, 'E');
  message.writeInt32BE(4 + fields.length, 1);
  message.write(fields, 5, 'latin1');
  return message;
}

/** A proxy of Postgres that ends every connection in place of passing on the answer to what `isAsked` recognises. */
export async function startConnectionLoss(databaseUrl: string, loss: Loss, isAsked: (bytes: Buffer) => boolean) {
  const { hostname, port } = new URL(databaseUrl);
  let lost = 0;
  const proxy = createServer((client) => {
    const server = connectTo(Number(port), hostname);
    let isNext = false;
    client.on('data', (bytes) => {
      isNext ||= isAsked(bytes);
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (!isNext) return void client.write(bytes);
      lost++;
      end(client, loss);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return { url: url.href, lost: () => lost, close: () => void proxy.close() };
}

function end(client: Socket, loss: Loss): void {
  if (loss === 'reset') client.resetAndDestroy();
  else if (loss === 'closed') client.end();
  else client.end(farewell);
}
