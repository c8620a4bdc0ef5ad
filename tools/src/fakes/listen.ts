import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** An HTTP listener on 127.0.0.1 that can go away for a while and come back at the same port. */
export interface Listener {
  readonly url: string;
  /** Resets every connection and refuses new ones until `seconds` have passed. */
  refuse(seconds: number): void;
  close(): Promise<void>;
}

export async function listen(
  port: number,
  onRequest: RequestListener,
  onConnection?: (socket: Socket) => void,
): Promise<Listener> {
  // A slowed request may take as long as it likes, and idle connections live as long as behind a usual load balancer.
  const server = createServer(
    { requestTimeout: 0, keepAliveTimeout: 75_000, noDelay: true, maxHeaderSize: 64 * 1024 },
    onRequest,
  );
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    onConnection?.(socket);
  });
  await start(server, port);
  const bound = (server.address() as AddressInfo).port;
  let comeBack: NodeJS.Timeout | undefined;
  return {
    url: `http://127.0.0.1:${bound}`,
    refuse(seconds) {
      clearTimeout(comeBack);
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      comeBack = setTimeout(() => server.listen(bound, '127.0.0.1'), seconds * 1000);
      comeBack.unref();
    },
    async close() {
      clearTimeout(comeBack);
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.once('close', resolve));
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function start(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
