import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface RawServer {
  readonly url: string;
  /** Connections so far. */
  readonly connections: () => number;
  close(): Promise<void>;
}

/** A server that reads the head of each request and then does with the socket what the test says, byte by byte. */
export async function startRawServer(serve: (socket: Socket, head: string) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    let received = '';
    let bodyBytes = 0;
    socket.on('data', (bytes: Buffer) => {
      const skipped = Math.min(bodyBytes, bytes.length);
      bodyBytes -= skipped;
      received += bytes.toString('latin1', skipped);
      const head = /^[^]*?\r\n\r\n/.exec(received)?.[0];
      if (head === undefined) return;
      // One request at a time: what follows its head is its body.
      bodyBytes = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? 0) - (received.length - head.length);
      received = '';
      serve(socket, head);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
