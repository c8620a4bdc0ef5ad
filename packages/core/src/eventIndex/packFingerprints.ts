/** Bytes of a fingerprint: 32 bits, big-endian, so that they sort as bytes do. */
export const fingerprintBytes = 4;

/** What has fingerprints of its ids: a request, or a refused event. */
interface Fingerprinted {
  readonly fingerprints?: readonly number[];
}

/** Writes the fingerprints one after another, as they are stored until they are merged into a block. */
export function packFingerprints(all: readonly Fingerprinted[]): Buffer {
  let count = 0;
  for (const { fingerprints } of all) count += fingerprints?.length ?? 0;
  const packed = Buffer.allocUnsafe(count * fingerprintBytes);
  let at = 0;
  for (const { fingerprints = [] } of all)
    for (const fingerprint of fingerprints) {
      packed[at++] = fingerprint >>> 24;
      packed[at++] = fingerprint >>> 16;
      packed[at++] = fingerprint >>> 8;
      packed[at++] = fingerprint;
    }
  return packed;
}

/** The bytes of one fingerprint, as `packFingerprints` writes them. */
export function bytesOf(fingerprint: number): Buffer {
  return packFingerprints([{ fingerprints: [fingerprint] }]);
}
