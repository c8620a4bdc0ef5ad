import { expect, it } from 'vitest';
import { isAllowedAddress } from '../src/process/httpAddresses.js';

it.each([
  ['a public IPv4 address', '93.184.215.14', true, true],
  ['a public IPv6 address', '2606:4700::6810:85e5', true, true],
  ['a public address, IPv4-mapped', '::ffff:93.184.215.14', true, true],
  ['a public address through NAT64', '64:ff9b::5db8:d70e', true, true],
  ['the address below 10/8', '9.255.255.255', true, true],
  ['the address above 10/8', '11.0.0.0', true, true],
  ['the address above 172.16/12', '172.32.0.0', true, true],
  ['the address above 100.64/10', '100.128.0.0', true, true],
  ['loopback', '127.0.0.1', false, true],
  ['IPv6 loopback', '::1', false, true],
  ['a private address', '10.0.0.1', false, true],
  ['a private address, IPv4-mapped', '::ffff:a00:1', false, true],
  ['a private address through NAT64', '64:ff9b::a00:1', false, true],
  ['a unique local address', 'fd00::1', false, true],
  ['a link-local address', '169.254.169.254', false, false],
  ['a link-local address with its interface', 'fe80::1%eth0', false, false],
  ['a multicast address', '239.1.1.1', false, false],
  ['not an address', 'localhost', false, false],
  ['nothing', '', false, false],
])('%s is allowed by default and with ALLOW_PRIVATE_ADDRESSES as listed', (_what, address, byDefault, withPrivate) => {
  expect([isAllowedAddress(address, false), isAllowedAddress(address, true)]).toEqual([byDefault, withPrivate]);
});

it.each([
  ['AWS', '169.254.169.254'],
  ['AWS over IPv6', 'fd00:ec2::254'],
  ['the pods of AWS EKS over IPv6', 'fd00:ec2::23'],
  ['Azure WireServer', '168.63.129.16'],
  ['Azure WireServer, IPv4-mapped', '::ffff:168.63.129.16'],
  ['Google Cloud over IPv6', 'fd20:ce::254'],
  ['Oracle Cloud over IPv6', 'fd00:c1::a9fe:a9fe'],
  ['Alibaba Cloud', '100.100.100.200'],
  ['Alibaba Cloud over IPv6', 'fd00:100::100:200'],
  ['Scaleway over IPv6', 'fd00:42::42'],
  ['Linode over IPv6', 'fd00:a9fe:a9fe::1'],
])('the metadata service of %s is never allowed', (_cloud, address) => {
  expect([isAllowedAddress(address, false), isAllowedAddress(address, true)]).toEqual([false, false]);
});
