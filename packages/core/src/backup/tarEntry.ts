/** Length of a header, and the unit that contents are padded to (POSIX.1-2017, pax, ustar Interchange Format). */
export const blockBytes = 512;

export interface TarEntry {
  /** At most 100 characters of ASCII. */
  readonly name: string;
  readonly bytes: number;
}

/** The header of a file, readable by its owner only. */
export function tarHeader({ name, bytes }: TarEntry, modifiedAt: Date): Buffer {
  if (name.length > 100) throw new Error(`expected a name of at most 100 characters, got ${name}`);
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(name, 0, 'latin1');
  header.write(octal(0o600, 8), 100, 'latin1');
  header.write(octal(0, 8), 108, 'latin1');
  header.write(octal(0, 8), 116, 'latin1');
  header.write(octal(bytes, 12), 124, 'latin1');
  header.write(octal(Math.floor(modifiedAt.getTime() / 1_000), 12), 136, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** The entry that a header names; `end` for a block of zeros, which ends an archive. Undefined for anything else. */
export function readTarHeader(header: Buffer): TarEntry | 'end' | undefined {
  if (header.length < blockBytes) return undefined;
  if (header.every((byte) => byte === 0)) return 'end';
  const text = (from: number, length: number): string =>
    header.toString('latin1', from, from + length).replace(/\0.*$/s, '');
  if (text(257, 6) !== 'ustar' || Number.parseInt(text(148, 8), 8) !== checksumOf(header)) return undefined;
  return { name: text(0, 100), bytes: Number.parseInt(text(124, 12), 8) };
}

/** What fills the last block of a file. */
export function padding(bytes: number): number {
  return (blockBytes - (bytes % blockBytes)) % blockBytes;
}

/** The sum of all bytes, those of the checksum itself counted as blanks. */
function checksumOf(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}
