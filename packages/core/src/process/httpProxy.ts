import { lookup } from 'node:dns/promises';
import { EnvHttpProxyAgent, Pool, type Agent, type buildConnector, type Dispatcher } from 'undici';
import { AddressNotAllowed, literalAddress, skippingContinue } from './httpConnect.js';
import { isAllowedAddress } from './httpAddresses.js';

/** The proxies of the network, as HTTPS_PROXY, HTTP_PROXY and NO_PROXY name them. */
export interface Proxies {
  readonly https?: string | undefined;
  /** Used for https, too, where there is no `https`. */
  readonly http?: string | undefined;
  /** Hosts that are reached without a proxy, with their subdomains; separated by commas. `*` is every host. */
  readonly none?: string | undefined;
}

interface ProxyAgentOptions extends Agent.Options {
  readonly connect: buildConnector.connector;
  readonly proxies: Proxies;
  readonly timeoutMs: number;
  readonly allowPrivateAddresses: boolean;
}

/** The proxy could not be reached, or refused to connect to the host. The message is fit for a `detail`. */
export class ProxyFailed extends Error {
  override readonly name = 'ProxyFailed';
}

/** As in Go and .NET, a proxy is never asked for the machine itself. */
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

/**
 * An agent that asks a proxy for a tunnel (CONNECT) to each host, or connects directly where NO_PROXY says so. The
 * address of the host is checked behind a proxy as well: see `checkHost`. The proxy itself may have any address.
 */
export function createProxyAgent(options: ProxyAgentOptions): Dispatcher {
  const { proxies, timeoutMs, allowPrivateAddresses, connect: direct, ...agentOptions } = options;
  const excepted = (proxies.none ?? '').split(/[,\s]+/);
  return new EnvHttpProxyAgent({
    ...agentOptions,
    connect: direct,
    // Empty values keep undici from reading the environment itself.
    httpsProxy: proxies.https ?? '',
    httpProxy: proxies.http ?? '',
    noProxy: excepted.includes('*') ? '*' : [...loopbackHosts, ...excepted].join(','),
    proxyTls: { timeout: timeoutMs },
    requestTls: { timeout: timeoutMs },
    // The connections to the proxy itself. It answers CONNECT as soon as it has reached the host.
    clientFactory: (proxy, poolOptions) => new Pool(proxy, { ...poolOptions, headersTimeout: timeoutMs }),
    factory(origin, poolOptions: Pool.Options) {
      const { connect } = poolOptions;
      if (connect === direct || typeof connect !== 'function') return new Pool(origin, poolOptions);
      return new Pool(origin, { ...poolOptions, connect: checkedTunnel(connect, allowPrivateAddresses) });
    },
  });
}

/** Opens tunnels through a proxy, to hosts whose address is allowed. */
function checkedTunnel(connect: buildConnector.connector, allowPrivateAddresses: boolean): buildConnector.connector {
  return (options, callback) => {
    checkHost(options.hostname, allowPrivateAddresses).then(
      () => connect(options, skippingContinue(explainingFailure(callback))),
      (error: Error) => callback(error, null),
    );
  };
}

/**
 * Rejects with `AddressNotAllowed` if the host has any address that is not allowed: the proxy decides which one it
 * connects to. Where the hub's own DNS does not know a name, as in networks in which only the proxy resolves public
 * names, the proxy's rules alone decide.
 */
async function checkHost(hostname: string, allowPrivateAddresses: boolean): Promise<void> {
  const literal = literalAddress(hostname);
  const addresses =
    literal === undefined ? await lookup(hostname, { all: true }).catch(() => []) : [{ address: literal }];
  if (!addresses.every(({ address }) => isAllowedAddress(address, allowPrivateAddresses)))
    throw new AddressNotAllowed();
}

/** Codes of a connection that did not come about. Behind a proxy, the hub connects to the proxy alone. */
const unreachable = /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|UND_ERR_(CONNECT|HEADERS)_TIMEOUT|UND_ERR_SOCKET)/;

function explainingFailure(callback: buildConnector.Callback): buildConnector.Callback {
  return (...[error, socket]) => {
    if (!error) return callback(null, socket);
    const status = /^Proxy response \((\d{3})\)/.exec(error.message)?.[1];
    const code = 'code' in error ? String(error.code) : '';
    if (status !== undefined) callback(new ProxyFailed(`the proxy refused the connection (HTTP ${status})`), null);
    else if (unreachable.test(code)) callback(new ProxyFailed(`no connection to the proxy (${code})`), null);
    else callback(error, null);
  };
}
