import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export type Balancer = Awaited<ReturnType<typeof startBalancer>>;

/**
 * A balancer of TCP connections, as orchestrators have one: it leads each new connection to the next process that answered
 * `/readyz` with 200 at the last check, leaves open connections where they are, and repeats nothing.
 */
export async function startBalancer(ports: readonly number[], checkMs: number) {
  const ready = new Set<number>();
  const refusals: string[] = [];
  const sockets = new Set<Socket>();
  let turn = 0;

  const check = async (port: number): Promise<void> => {
    const isReady = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (isReady) ready.add(port);
    else ready.delete(port);
  };
  const server = createServer((client) => {
    const choice = [...ready].sort();
    const port = choice[turn++ % choice.length];
    if (port === undefined) {
      refusals.push('no process is ready');
      return client.destroy();
    }
    const upstream = connect(port, '127.0.0.1');
    upstream.once('error', (error: NodeJS.ErrnoException) => {
      if (upstream.connecting || error.code === 'ECONNREFUSED') refusals.push(`${port}: ${error.code}`);
      client.destroy();
    });
    client.once('error', () => upstream.destroy());
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const stopping = new AbortController();
  const checks = (async () => {
    while (!stopping.signal.aborted) {
      await Promise.all(ports.map(check));
      await wait(checkMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The processes that get new connections now. */
    ready: ready as ReadonlySet<number>,
    /** Connections that no process accepted. */
    refusals: refusals as readonly string[],
    async close() {
      stopping.abort();
      server.close();
      for (const socket of sockets) socket.destroy();
      await checks;
    },
  };
}
