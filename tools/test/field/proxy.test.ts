import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createHttp } from '@currents/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRawServer, type RawServer } from './rawServer.js';

/** A host with a public address, which the proxy of the test connects to the test's own server. */
const publicHost = '93.184.215.14';
const continued = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let target: RawServer;
/** The first bytes of each connection to a server that speaks no HTTP. */
const handshakes: Buffer[] = [];
const tlsTarget = createServer();
let clients: ReturnType<typeof createHttp>[] = [];

beforeAll(async () => {
  target = await startRawServer((socket) => socket.write(continued));
  tlsTarget.removeAllListeners('connection').on('connection', (socket: Socket) =>
    socket.once('data', (bytes: Buffer) => {
      handshakes.push(bytes);
      socket.destroy();
    }),
  );
  await new Promise<void>((resolve) => tlsTarget.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  clients = [];
  for (const proxy of proxies.splice(0)) proxy.close();
});
afterAll(async () => {
  await target.close();
  tlsTarget.close();
});

type Tunnel = (request: IncomingMessage, socket: Socket) => void;
const proxies: { close(): void }[] = [];

/** A CONNECT proxy. By default it opens every tunnel to a server of the test. */
async function startProxy(tunnel: Tunnel = tunnelTo(() => new URL(target.url).port)) {
  const asked: { readonly host: string | undefined; readonly authorization: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(500).end()).on(
    'connect',
    (request, socket: Socket) => {
      asked.push({ host: request.url, authorization: request.headers['proxy-authorization'] });
      socket.on('error', () => undefined);
      tunnel(request, socket);
    },
  );
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  proxies.push({ close });
  return { asked, port: (server.address() as AddressInfo).port };
}

function tunnelTo(port: () => string | number): Tunnel {
  return (_request, socket) => {
    const upstream = connect(Number(port()), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  };
}

function open(proxies: { https?: string; http?: string; none?: string }, allowPrivateAddresses = false) {
  const client = createHttp({ timeoutMs: 3_000, connections: 1, allowPrivateAddresses, proxies });
  clients.push(client);
  return client;
}

describe('a request behind a proxy', () => {
  it('goes through a tunnel to the host, is answered, and keeps the tunnel for the next one', async () => {
    const proxy = await startProxy();
    const http = open({ http: `http://127.0.0.1:${proxy.port}` });
    const request = { method: 'POST', url: `http://${publicHost}/segments`, body: '{}' } as const;
    expect(await http.request(request)).toMatchObject({ status: 200, body: 'ok' });
    expect(await http.request(request)).toMatchObject({ status: 200, body: 'ok' });
    expect(proxy.asked).toEqual([{ host: `${publicHost}:80`, authorization: undefined }]);
  });

  it('authenticates with the user and the password of the URL', async () => {
    const proxy = await startProxy();
    const http = open({ http: `http://me:p%40ss@127.0.0.1:${proxy.port}` });
    expect(await http.request({ method: 'GET', url: `http://${publicHost}:8080/` })).toMatchObject({ status: 200 });
    const authorization = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect(proxy.asked).toEqual([{ host: `${publicHost}:8080`, authorization }]);
  });

  it('encrypts to the host, not to the proxy', async () => {
    const proxy = await startProxy(tunnelTo(() => (tlsTarget.address() as AddressInfo).port));
    const http = open({ https: `http://127.0.0.1:${proxy.port}` });
    expect(await http.request({ method: 'GET', url: 'https://partner.invalid/' })).toMatchObject({ status: 0 });
    expect(proxy.asked.map(({ host }) => host)).toEqual(['partner.invalid:443']);
    // A TLS record with the name of the host (SNI).
    expect(handshakes[0]?.[0]).toBe(0x16);
    expect(handshakes[0]?.toString('latin1')).toContain('partner.invalid');
  });

  it('reaches names that only the proxy can resolve', async () => {
    const proxy = await startProxy();
    const http = open({ http: `http://127.0.0.1:${proxy.port}` });
    expect(await http.request({ method: 'GET', url: 'http://partner.invalid/' })).toMatchObject({ status: 200 });
    expect(proxy.asked.map(({ host }) => host)).toEqual(['partner.invalid:80']);
  });

  it.each(['10.0.0.1', '169.254.169.254', '[::ffff:10.0.0.1]', '[fd00::1]', '2130706434'])(
    'is refused before the proxy is asked, if the host is %s',
    async (host) => {
      const proxy = await startProxy();
      const url = `http://127.0.0.1:${proxy.port}`;
      const http = open({ http: url, https: url });
      const refused = { status: 0, failure: 'unreachable', detail: expect.stringContaining('ALLOW_PRIVATE_ADDRESSES') };
      expect(await http.request({ method: 'GET', url: `http://${host}/` })).toEqual(refused);
      expect(await http.request({ method: 'GET', url: `https://${host}/` })).toEqual(refused);
      expect(proxy.asked).toEqual([]);
    },
  );

  it('may go to a private address with ALLOW_PRIVATE_ADDRESSES', async () => {
    const proxy = await startProxy();
    const http = open({ http: `http://127.0.0.1:${proxy.port}` }, true);
    expect(await http.request({ method: 'GET', url: 'http://10.0.0.1/' })).toMatchObject({ status: 200 });
  });

  it.each([
    ['a loopback address', '127.0.0.1', ''],
    ['the name of loopback', 'localhost', ''],
    ['everything', '127.0.0.1', 'a.example, *'],
  ])('goes directly to %s, as NO_PROXY or the rule for loopback says', async (_what, host, none) => {
    const proxy = await startProxy();
    const http = open({ http: `http://127.0.0.1:${proxy.port}`, none }, true);
    const { port } = new URL(target.url);
    expect(await http.request({ method: 'GET', url: `http://${host}:${port}/` })).toMatchObject({ status: 200 });
    expect(proxy.asked).toEqual([]);
  });

  it('goes directly to the hosts of NO_PROXY and their subdomains, where addresses are checked, too', async () => {
    const proxy = await startProxy();
    const http = open({ http: `http://127.0.0.1:${proxy.port}`, none: 'partner.invalid,.other.invalid' });
    for (const host of ['partner.invalid', 'eu.partner.invalid', 'eu.other.invalid'])
      expect(await http.request({ method: 'GET', url: `http://${host}/` })).toMatchObject({ failure: 'unreachable' });
    expect(proxy.asked).toEqual([]);
    expect(await http.request({ method: 'GET', url: 'http://127.0.0.1:1/' })).toMatchObject({
      detail: expect.stringContaining('ALLOW_PRIVATE_ADDRESSES'),
    });
    expect(await http.request({ method: 'GET', url: 'http://notpartner.invalid/' })).toMatchObject({ status: 200 });
    expect(proxy.asked.map(({ host }) => host)).toEqual(['notpartner.invalid:80']);
  });
});

describe('a proxy', () => {
  it.each([403, 407, 502])('that answers %d is a failure that says so, without credentials', async (status) => {
    const proxy = await startProxy((_request, socket) =>
      socket.end(`HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`),
    );
    const http = open({ http: `http://me:CANARY@127.0.0.1:${proxy.port}` });
    expect(await http.request({ method: 'GET', url: `http://${publicHost}/` })).toEqual({
      status: 0,
      failure: 'unreachable',
      detail: `the proxy refused the connection (HTTP ${status})`,
    });
  });

  it('that is not there is a failure that says so', async () => {
    const proxy = await startProxy();
    for (const each of proxies.splice(0)) each.close();
    const http = open({ http: `http://me:CANARY@127.0.0.1:${proxy.port}` });
    expect(await http.request({ method: 'GET', url: `http://${publicHost}/` })).toEqual({
      status: 0,
      failure: 'unreachable',
      detail: 'no connection to the proxy (ECONNREFUSED)',
    });
  });

  it('that does not answer is a failure after the timeout, also of a stream', async () => {
    const proxy = await startProxy((_request, socket) => void once(socket, 'close'));
    const http = open({ http: `http://127.0.0.1:${proxy.port}` });
    const request = { method: 'GET', url: `http://${publicHost}/` } as const;
    const answers = await Promise.all([http.request(request), http.stream(request, () => undefined)]);
    for (const answer of answers) expect(answer).toMatchObject({ status: 0 });
  });
});
