import { createSeal } from '@currents/core';
import { describe, expect, it } from 'vitest';

const seal = createSeal(Buffer.alloc(32, 1));
const secret = '{"kind":"projectToken","token":"é"}';
const sealed = seal.seal(secret, 'current:1');

describe('a sealed secret', () => {
  it('opens with the master key, for its owner', () => {
    expect(seal.open(sealed, 'current:1')).toBe(secret);
  });

  it('does not contain its plaintext, and differs each time', () => {
    expect(sealed.toString('latin1')).not.toContain('projectToken');
    expect(seal.seal(secret, 'current:1').equals(sealed)).toBe(false);
  });

  it('does not open with another master key, and the error names the cause', () => {
    expect(() => createSeal(Buffer.alloc(32, 2)).open(sealed, 'current:1')).toThrow('the master key is not the one');
  });

  it('of a later release does not open, and the error does not blame the master key', () => {
    const later = Buffer.concat([Buffer.of(3), sealed.subarray(1)]);
    expect(() => seal.open(later, 'current:1')).toThrow(
      'expected a secret sealed in version 2, got version 3 of a later release',
    );
  });

  it('does not open for another owner', () => {
    expect(() => seal.open(sealed, 'current:2')).toThrow();
  });

  it('does not open after a change of one bit or a truncation', () => {
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => seal.open(changed, 'current:1'), `byte ${at}`).toThrow();
      expect(() => seal.open(sealed.subarray(0, at), 'current:1'), `${at} bytes`).toThrow();
    }
  });
});

it.each([0, 16, 31, 33])('a master key of %d bytes is refused', (bytes) => {
  expect(() => createSeal(Buffer.alloc(bytes))).toThrow('32 bytes');
});
