import { isIP, isIPv6 } from 'node:net';

/** What a proxy names that is no address. */
const unknown = 'unknown';

/** An IPv4 address, or the /64 of an IPv6 address: a single customer of a network has at least that many addresses. */
export function addressBlock(ip: string): string {
  const plain = ip.split('%')[0] ?? ip;
  if (!isIPv6(plain)) return isIP(plain) === 0 ? unknown : plain;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  // The URL parser writes every spelling in one way.
  const [head = '', tail] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string): readonly string[] => (part === '' ? [] : part.split(':'));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return `${[...first, ...zeros, ...last].slice(0, 4).join(':')}::/64`;
}
