import { createSignInFailures } from '@currents/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addressBlock } from '../src/secrets/addressBlock.js';

interface Line {
  readonly endpoint?: string;
  readonly address?: string;
  readonly count: number;
}

let lines: Line[];
let counted: string[];
beforeEach(() => {
  lines = [];
  counted = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

const open = () =>
  createSignInFailures({
    log: { warn: (fields) => void lines.push(fields as Line) },
    count: (endpoint) => counted.push(endpoint),
  });

describe('sign-in failures', () => {
  it('are looked up 20 times at once for an address and an endpoint, then once in three seconds', () => {
    const failures = open();
    for (let n = 0; n < 20; n++) expect(failures.failed('graphql', '192.0.2.1')).toBeUndefined();
    expect(failures.mayLookUp('graphql', '192.0.2.1')).toBe(false);
    expect(failures.failed('graphql', '192.0.2.1')).toBe(3);
    expect(failures.mayLookUp('events', '192.0.2.1')).toBe(true);
    expect(failures.mayLookUp('graphql', '192.0.2.2')).toBe(true);
    vi.advanceTimersByTime(2_999);
    expect(failures.failed('graphql', '192.0.2.1')).toBe(1);
    vi.advanceTimersByTime(1);
    expect(failures.mayLookUp('graphql', '192.0.2.1')).toBe(true);
    expect(failures.failed('graphql', '192.0.2.1')).toBeUndefined();
    expect(failures.failed('graphql', '192.0.2.1')).toBe(3);
    expect(counted).toHaveLength(24);
    failures.stop();
  });

  it('are logged in one line per address and minute, for at most 50 addresses', () => {
    const failures = open();
    for (let n = 0; n < 30; n++) failures.failed('events', '192.0.2.1');
    for (let n = 0; n < 100; n++) failures.failed('graphql', `198.51.100.${n}`);
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(51);
    expect(lines[0]).toEqual({ event: 'sign_in.failed', endpoint: 'events', address: '192.0.2.1', count: 30 });
    expect(lines[50]).toEqual({ event: 'sign_in.failed', count: 51 });
    vi.advanceTimersByTime(600_000);
    expect(lines).toHaveLength(51);
    failures.failed('events', '192.0.2.1');
    failures.stop();
    expect(lines).toHaveLength(52);
  });

  it('of the least recent addresses are forgotten beyond ten thousand', () => {
    const failures = open();
    for (let n = 0; n < 20; n++) failures.failed('graphql', '192.0.2.1');
    for (let n = 0; n < 9_999; n++) failures.failed('graphql', `10.0.${n >> 8}.${n & 255}`);
    expect(failures.mayLookUp('graphql', '192.0.2.1')).toBe(false);
    failures.failed('graphql', '10.1.0.0');
    expect(failures.mayLookUp('graphql', '192.0.2.1')).toBe(true);
    failures.stop();
  });
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('the address %s counts as %s', (ip, block) => {
  expect(addressBlock(ip)).toBe(block);
});

it('what a proxy names that is no address counts as one address', () => {
  for (const text of ['', 'x'.repeat(10_000), '_hidden', '192.0.2.1, 192.0.2.2'])
    expect(addressBlock(text)).toBe('unknown');
});
