import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** An HTTP listener on 127.0.0.1 that can be closed and reopened at the same port. */
export type Listener = Awaited<ReturnType<typeof listen>>;

export async function listen(port: number, onRequest: RequestListener, onConnection?: (socket: Socket) => void) {
  // No timeout for slowed requests; idle connections stay open as long as behind a typical load balancer.
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
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  let comeBack: NodeJS.Timeout | undefined;
  return {
    url: `http://127.0.0.1:${bound}`,
    /** Resets every connection and refuses new ones until `seconds` have passed. */
    refuse(seconds: number): void {
      clearTimeout(comeBack);
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      comeBack = setTimeout(() => server.listen(bound, '127.0.0.1'), seconds * 1000);
      comeBack.unref();
    },
    async close(): Promise<void> {
      clearTimeout(comeBack);
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
