import { BlockList, isIP } from 'node:net';

type Range = readonly [network: string, prefixBits: number];

/** Ranges inside of a company's own network: loopback, RFC 1918, carrier-grade NAT (RFC 6598), unique local (RFC 4193). */
const privateRanges: readonly Range[] = [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['::1', 128],
  ['fc00::', 7],
];

/**
 * Ranges in which there is no server to send to: unspecified, link-local, multicast, documentation, and the others that
 * the IANA IPv4 and IPv6 Special-Purpose Address Registries list as not globally reachable. IPv6 ranges that embed an
 * IPv4 address (IPv4-compatible, 6to4, Teredo) are out of use, and would lead around the ranges above.
 */
const reservedRanges: readonly Range[] = [
  ['::', 96],
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

/**
 * Addresses outside of the reserved ranges at which clouds give credentials and settings to their machines: of AWS over IPv6
 * (EC2 and the pods of EKS), Azure (WireServer), Google Cloud, Oracle Cloud, Alibaba Cloud, Scaleway and Linode.
 */
const metadataAddresses: readonly Range[] = [
  ['fd00:ec2::', 32],
  ['168.63.129.16', 32],
  ['fd20:ce::254', 128],
  ['fd00:c1::a9fe:a9fe', 128],
  ['100.100.100.200', 32],
  ['fd00:100::100:200', 128],
  ['fd00:42::42', 128],
  ['fd00:a9fe:a9fe::1', 128],
];

const privateList = listOf(privateRanges);
const reservedList = listOf(reservedRanges);
const metadataList = listOf(metadataAddresses);
/** NAT64 (RFC 6052): on networks with IPv6 only, it holds the IPv4 address of the server. */
const nat64List = listOf([['64:ff9b::', 96]]);
/** IPv4-mapped addresses (RFC 4291), for example `::ffff:127.0.0.1`. */
const mappedList = listOf([['::ffff:0:0', 96]]);

/**
 * Whether the hub may connect to an IP address. Private addresses only where the operator allows them; reserved ones and
 * the metadata services of clouds never. False for a text that is not an IP address.
 */
export function isAllowedAddress(address: string, allowPrivateAddresses: boolean): boolean {
  const plain = embeddedIpv4(withoutZone(address));
  if (isIP(plain) === 0) return false;
  const isIn = (list: BlockList): boolean => list.check(plain, familyOf(plain));
  if (isIn(metadataList)) return false;
  if (isIn(privateList)) return allowPrivateAddresses;
  return !isIn(reservedList);
}

function listOf(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [network, prefixBits] of ranges) list.addSubnet(network, prefixBits, familyOf(network));
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** Link-local addresses may name a network interface, as `fe80::1%eth0` does. */
function withoutZone(address: string): string {
  return address.split('%')[0] ?? address;
}

/** The IPv4 address that an IPv6 address stands for, or the address itself. */
function embeddedIpv4(address: string): string {
  if (isIP(address) !== 6) return address;
  if (!nat64List.check(address, 'ipv6') && !mappedList.check(address, 'ipv6')) return address;
  // The URL parser writes every spelling of an IPv6 address in one way: the last two groups are the IPv4 address.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':');
  const [high, low] = groups.slice(-2).map((group) => Number.parseInt(group || '0', 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
