import { connect, type Socket } from 'node:net';

export interface RawRequest {
  readonly socket: Socket;
  /** What came back so far. */
  received(): string;
  /** The status of the answer, once there is one. */
  status(): number | undefined;
  /** Resolves once the hub has closed the connection. */
  readonly closed: Promise<void>;
}

/** Sends a POST with these headers over a connection of its own, and of its body only what `send` says. */
export function startRequest(
  url: string,
  path: string,
  headers: Readonly<Record<string, string | number>>,
  send: readonly Buffer[] = [],
): RawRequest {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let received = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => (received += text));
  socket.on('error', () => undefined);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST ${path} HTTP/1.1\r\nhost: hub\r\n${lines.join('')}\r\n`);
  for (const bytes of send) socket.write(bytes);
  return {
    socket,
    received: () => received,
    status: () => Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1] ?? NaN) || undefined,
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
  };
}
