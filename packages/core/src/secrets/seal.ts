import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/**
 * Version 1 does not say which key sealed a value, version 2 does: version, key id, iv, tag, text. A process with one key
 * writes version 1, which a former release reads, too.
 */
const latestVersion = 2;
const keyIdBytes = 8;
const ivBytes = 12;
const tagBytes = 16;

/** A later release of the hub sealed the secret, in a form that this one cannot open. The master key may be the right one. */
export class SealedByLaterRelease extends Error {
  constructor(sealedVersion: number) {
    super(`expected a secret sealed in version ${latestVersion}, got version ${sealedVersion} of a later release`);
    this.name = 'SealedByLaterRelease';
  }
}

export interface Seal {
  seal(secret: string, context: string): Buffer;
  /** Throws when the master key is another one or the value was changed, and `SealedByLaterRelease`. */
  open(sealed: Buffer, context: string): string;
  /** Equal for equal secrets. Reveals nothing about them without the master key. */
  fingerprint(secret: string): Buffer;
  /** Names the key that seals, without revealing anything about it. */
  readonly keyId: Buffer;
  /** Whether there are keys that only open. */
  readonly isRotated: boolean;
  /** The key of fingerprints, which stays the same when the master key is rotated. */
  readonly fingerprintKey: Buffer;
  /** The fingerprint key that belongs to the master key which opens this value. Throws as `open` does. */
  fingerprintKeyFor(sealed: Buffer, context: string): Buffer;
  /** The same keys, with the fingerprint key of the database. */
  withFingerprintKey(key: Buffer): Seal;
}

/**
 * Seals and opens secrets at rest with AES-256-GCM. `context` names the owner: a sealed value opens for no other.
 * @param masterKey exactly 32 bytes: seals, and opens.
 * @param fallbacks keys that only open, while the master key is rotated.
 * @param fingerprintKey that of the database, where it is another one than the master key's own.
 */
export function createSeal(
  masterKey: Buffer,
  fallbacks: readonly Buffer[] = [],
  fingerprintKey: Buffer = fingerprintKeyOf(masterKey),
): Seal {
  const keys = [masterKey, ...fallbacks].map((key) => {
    if (key.length !== 32) throw new Error(`a master key has 32 bytes; this one has ${key.length}`);
    return { key, id: createHmac('sha256', key).update('key id').digest().subarray(0, keyIdBytes) };
  });
  const keyId = (keys[0] as (typeof keys)[number]).id;
  const isRotated = fallbacks.length > 0;

  /** The key that opens a value, and the text. Throws as `open` does. */
  function openWith(sealed: Buffer, context: string): { readonly key: Buffer; readonly text: string } {
    const version = sealed[0] ?? 0;
    if (version > latestVersion) throw new SealedByLaterRelease(version);
    if (version < 1) throw new Error(`expected seal version 1 to ${latestVersion}, got ${version}`);
    const start = version === 1 ? 1 : 1 + keyIdBytes;
    const candidates = version === 1 ? keys : keys.filter(({ id }) => id.equals(sealed.subarray(1, start)));
    let cause: unknown;
    for (const { key } of candidates) {
      try {
        return { key, text: decipher(key, sealed.subarray(start), context) };
      } catch (error) {
        cause = error;
      }
    }
    throw new Error('a sealed secret does not open: the master key is not the one it was sealed with', { cause });
  }

  return {
    seal(secret: string, context: string): Buffer {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', masterKey, iv);
      cipher.setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      const head = isRotated ? [Buffer.of(2), keyId] : [Buffer.of(1)];
      return Buffer.concat([...head, iv, cipher.getAuthTag(), body]);
    },
    open: (sealed: Buffer, context: string): string => openWith(sealed, context).text,
    fingerprint: (secret: string) => createHmac('sha256', fingerprintKey).update(secret).digest(),
    keyId,
    isRotated,
    fingerprintKey,
    fingerprintKeyFor: (sealed: Buffer, context: string): Buffer => fingerprintKeyOf(openWith(sealed, context).key),
    withFingerprintKey: (key: Buffer): Seal => createSeal(masterKey, fallbacks, key),
  };
}

/** Not the master key itself, which is for sealing alone. */
function fingerprintKeyOf(masterKey: Buffer): Buffer {
  return createHmac('sha256', masterKey).update('fingerprint').digest();
}

function decipher(key: Buffer, sealed: Buffer, context: string): string {
  const opened = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes));
  opened.setAAD(Buffer.from(context));
  opened.setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
  return opened.update(sealed.subarray(ivBytes + tagBytes), undefined, 'utf8') + opened.final('utf8');
}
