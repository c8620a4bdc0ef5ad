import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const version = 1;
const ivBytes = 12;
const tagBytes = 16;

/** A later release of the hub sealed the secret, in a form that this one cannot open. The master key may be the right one. */
export class SealedByLaterRelease extends Error {
  constructor(sealedVersion: number) {
    super(`expected a secret sealed in version ${version}, got version ${sealedVersion} of a later release`);
    this.name = 'SealedByLaterRelease';
  }
}

export type Seal = ReturnType<typeof createSeal>;

/**
 * Seals and opens secrets at rest with AES-256-GCM. `context` names the owner: a sealed value opens for no other.
 * @param masterKey exactly 32 bytes.
 */
export function createSeal(masterKey: Buffer) {
  if (masterKey.length !== 32) throw new Error(`a master key has 32 bytes; this one has ${masterKey.length}`);
  // Not the master key itself, which is for sealing alone.
  const fingerprintKey = createHmac('sha256', masterKey).update('fingerprint').digest();
  return {
    seal(secret: string, context: string): Buffer {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', masterKey, iv);
      cipher.setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(version), iv, cipher.getAuthTag(), body]);
    },
    /** Throws when the master key is another one or the value was changed, and `SealedByLaterRelease`. */
    open(sealed: Buffer, context: string): string {
      const sealedVersion = sealed[0] ?? 0;
      if (sealedVersion > version) throw new SealedByLaterRelease(sealedVersion);
      if (sealedVersion < version) throw new Error(`expected seal version ${version}, got ${sealedVersion}`);
      const iv = sealed.subarray(1, 1 + ivBytes);
      const tag = sealed.subarray(1 + ivBytes, 1 + ivBytes + tagBytes);
      const decipher = createDecipheriv('aes-256-gcm', masterKey, iv);
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(tag);
      try {
        return decipher.update(sealed.subarray(1 + ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new Error('a sealed secret does not open: the master key is not the one it was sealed with', { cause });
      }
    },
    /** Equal for equal secrets. Reveals nothing about them without the master key. */
    fingerprint: (secret: string) => createHmac('sha256', fingerprintKey).update(secret).digest(),
  };
}
