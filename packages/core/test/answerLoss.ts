import { connect as connectTo, createServer, type AddressInfo } from 'node:net';

/** The first bytes of an answer with rows: BindComplete, and then DataRow (PostgreSQL, message formats). */
const bindComplete = '2'.charCodeAt(0);
const dataRow = 'D'.charCodeAt(0);
const hasRows = (answer: Buffer): boolean => answer[0] === bindComplete && answer[5] === dataRow;

/**
 * A proxy of Postgres that ends one connection in place of passing an answer on: the first one after this statement that
 * is as described. The statement is done, and its sender does not know.
 */
export async function startAnswerLoss(
  databaseUrl: string,
  statement: string,
  isLost: (answer: Buffer) => boolean = hasRows,
) {
  const { hostname, port } = new URL(databaseUrl);
  let lost = 0;
  const proxy = createServer((client) => {
    const server = connectTo(Number(port), hostname);
    let isSent = false;
    client.on('data', (bytes) => {
      isSent ||= bytes.includes(statement);
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (lost > 0 || !isSent || !isLost(bytes)) return void client.write(bytes);
      lost++;
      client.destroy();
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
