import { BlockList, isIP } from 'node:net';

export type TrustedProxies = (address: string) => boolean;

/**
 * Reads a list of addresses and networks, such as `10.0.0.1, fd00::/8`, into a function that tells whether an address is
 * in it. Undefined if an entry is neither.
 */
export function readTrustedProxies(text: string): TrustedProxies | undefined {
  const list = new BlockList();
  const entries = text.split(',').map((entry) => entry.trim());
  for (const entry of entries.filter((each) => each !== '')) {
    const [address = '', bits, ...more] = entry.split('/');
    const family = isIP(address);
    const maxBits = family === 4 ? 32 : 128;
    const length = bits === undefined ? maxBits : /^\d{1,3}$/.test(bits) ? Number(bits) : Infinity;
    if (family === 0 || length > maxBits || more.length > 0) return undefined;
    list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
  };
}
