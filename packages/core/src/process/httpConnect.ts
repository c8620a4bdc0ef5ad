import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { isAllowedAddress } from './httpAddresses.js';
import { skipContinue } from './httpContinue.js';

export interface ConnectOptions {
  /** From looking up the name to having an encrypted connection, in milliseconds. */
  readonly timeoutMs: number;
  readonly allowPrivateAddresses: boolean;
}

/** The same for every address that is refused, and whatever listens there: it must not serve to explore a network. */
export class AddressNotAllowed extends Error {
  constructor() {
    super(
      'the host has a private or reserved address; the operator can allow private ones with ALLOW_PRIVATE_ADDRESSES=true',
    );
    this.name = 'AddressNotAllowed';
  }
}

/**
 * Opens connections, and refuses addresses that are not allowed with `AddressNotAllowed` before a packet is sent. Names
 * are checked by the addresses that the connection is then made to, so that a second answer of DNS changes nothing
 * (DNS rebinding).
 */
export function createConnect({ timeoutMs, allowPrivateAddresses }: ConnectOptions): buildConnector.connector {
  const isAllowed = (address: string): boolean => isAllowedAddress(address, allowPrivateAddresses);
  const connect = buildConnector({ timeout: timeoutMs, lookup: createLookup(isAllowed) });
  return (options, callback) => {
    // Node looks up names only. The URL parser has already rewritten other spellings, such as 0x7f000001.
    const address = literalAddress(options.hostname);
    if (address !== undefined && !isAllowed(address)) callback(new AddressNotAllowed(), null);
    else connect(options, skippingContinue(callback));
  };
}

/** DNS without the addresses that are not allowed. */
function createLookup(isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const allowed = addresses.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (!first) return callback(new AddressNotAllowed(), []);
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** The IP address in a URL's host, or undefined for a name. */
export function literalAddress(hostname: string): string | undefined {
  const address = hostname.replace(/^\[|\]$/g, '');
  return isIP(address) === 0 ? undefined : address;
}

/** Prepares the socket of a new connection for reading: see `skipContinue`. */
export function skippingContinue(callback: buildConnector.Callback): buildConnector.Callback {
  return (...[error, socket]) => {
    if (error) return callback(error, null);
    skipContinue(socket);
    callback(null, socket);
  };
}
