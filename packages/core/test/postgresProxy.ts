import { connect as connectTo, createServer, type AddressInfo, type Socket } from 'node:net';

/** A proxy of Postgres. A test may pause a connection: what it sends is not passed on, and nothing says so. */
export async function startPostgresProxy(databaseUrl: string) {
  const { hostname, port } = new URL(databaseUrl);
  const connections: Socket[] = [];
  const proxy = createServer((client) => {
    connections.push(client);
    const server = connectTo(Number(port), hostname);
    client.pipe(server).pipe(client);
    client.on('close', () => server.destroy()).on('error', () => undefined);
    server.on('close', () => client.destroy()).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return { url: url.href, connections, close: () => void proxy.close() };
}
