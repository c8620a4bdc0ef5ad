import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createHttp } from '@currents/core';
import { afterEach, describe, expect, it } from 'vitest';

const clients: ReturnType<typeof createHttp>[] = [];
const servers: ReturnType<typeof createServer>[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of servers.splice(0)) server.close();
});

function open(allowPrivateAddresses: boolean) {
  const client = createHttp({ timeoutMs: 2_000, connections: 1, allowPrivateAddresses });
  clients.push(client);
  return client;
}

/** Counts connections to a port of every loopback address, and answers each request. */
async function listen() {
  const visits: string[] = [];
  const server = createServer((socket) => {
    visits.push(String(socket.remoteAddress));
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok'));
  }).listen(0, '::');
  servers.push(server);
  await once(server, 'listening');
  return { visits, port: (server.address() as AddressInfo).port };
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const spellingsOfLoopback = [
  ['a dotted address', '127.0.0.1'],
  ['another address of the range', '127.9.9.9'],
  ['a name', 'localhost'],
  ['IPv6', '[::1]'],
  ['an IPv4-mapped address', '[::ffff:127.0.0.1]'],
  ['an IPv4-mapped address in hexadecimal', '[::ffff:7f00:1]'],
  ['a hexadecimal number', '0x7f000001'],
  ['a decimal number', '2130706433'],
  ['octal digits', '0177.0.0.01'],
  ['fewer parts', '127.1'],
  ['full-width digits', '１２７.０.０.１'],
] as const;

const refusedRanges = [
  ['unspecified', '0.0.0.0'],
  ['RFC 1918, 10/8', '10.1.2.3'],
  ['RFC 1918, 172.16/12', '172.31.255.254'],
  ['RFC 1918, 192.168/16', '192.168.0.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['link-local: cloud metadata', '169.254.169.254'],
  ['multicast', '224.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['documentation', '192.0.2.1'],
  ['unspecified, IPv6', '[::]'],
  ['IPv4-compatible', '[::10.0.0.1]'],
  ['IPv4-mapped RFC 1918', '[::ffff:192.168.0.1]'],
  ['NAT64 of RFC 1918', '[64:ff9b::10.0.0.1]'],
  ['6to4 of loopback', '[2002:7f00:1::]'],
  ['Teredo', '[2001::1]'],
  ['unique local', '[fd12:3456::1]'],
  ['link-local, IPv6', '[fe80::1]'],
  ['site-local', '[fec0::1]'],
  ['multicast, IPv6', '[ff02::1]'],
] as const;

const refused = {
  status: 0,
  failure: 'unreachable',
  detail:
    'the host has a private or reserved address; the operator can allow private ones with ALLOW_PRIVATE_ADDRESSES=true',
};

describe('a request to a private address, without ALLOW_PRIVATE_ADDRESSES', () => {
  it.each(spellingsOfLoopback)('opens no connection to loopback, written as %s', async (_spelling, host) => {
    const { visits, port } = await listen();
    const url = `http://${host}:${port}/segments`;
    expect(await open(false).request({ method: 'POST', url, body: '{}' })).toEqual(refused);
    expect(await open(false).stream({ method: 'GET', url }, () => undefined)).toEqual(refused);
    // The same request arrives where it is allowed, so the address is right and the server listens.
    expect(await open(true).request({ method: 'POST', url, body: '{}' })).toMatchObject({ status: 200, body: 'ok' });
    expect(visits).toHaveLength(1);
  });

  it.each(refusedRanges)('is refused at once: %s', async (_range, host) => {
    expect(await open(false).request({ method: 'GET', url: `http://${host}/` })).toEqual(refused);
    expect(await open(false).request({ method: 'GET', url: `https://${host}/` })).toEqual(refused);
  });

  it('is answered alike whether the port is open or closed', async () => {
    const { port } = await listen();
    const answers = await Promise.all(
      [port, await closedPort()].map((each) =>
        open(false).request({ method: 'GET', url: `http://127.0.0.1:${each}/` }),
      ),
    );
    expect(answers).toEqual([refused, refused]);
  });
});

describe('a request with ALLOW_PRIVATE_ADDRESSES', () => {
  it.each([
    ['link-local: cloud metadata', '169.254.169.254'],
    ['link-local, IPv4-mapped', '[::ffff:169.254.169.254]'],
    ['link-local, through NAT64', '[64:ff9b::169.254.169.254]'],
    ['metadata over IPv6', '[fd00:ec2::254]'],
    ['metadata in the range of carrier-grade NAT', '100.100.100.200'],
    ['link-local, IPv6', '[fe80::1]'],
    ['multicast', '224.0.0.1'],
    ['unspecified', '0.0.0.0'],
  ])('still never reaches %s', async (_range, host) => {
    expect(await open(true).request({ method: 'GET', url: `http://${host}/` })).toEqual(refused);
  });
});
