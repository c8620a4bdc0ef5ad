import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import {
  BackupRefused,
  checksumsName,
  headerName,
  parseChecksums,
  parseHeader,
  type BackupHeader,
} from './backupFormat.js';
import { blockBytes, padding, readTarHeader, tarHeader } from './tarEntry.js';

/** No file in a backup is larger: parts of tables are a few megabytes, and the list of checksums has a line for each. */
const maxEntryBytes = 1024 ** 3;

/** Writes the files of a backup, one after the other, into a tar archive that ends with their checksums. */
export function createBackupWriter(file: FileHandle, modifiedAt: Date) {
  const sha256: Record<string, string> = {};
  let writtenBytes = 0;

  async function write(bytes: Buffer): Promise<void> {
    // A write to a disk that becomes full may write less than everything.
    for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
    writtenBytes += bytes.length;
  }
  async function append(name: string, content: Buffer): Promise<void> {
    await write(tarHeader({ name, bytes: content.length }, modifiedAt));
    await write(content);
    await write(Buffer.alloc(padding(content.length)));
  }
  return {
    async add(name: string, content: Buffer): Promise<void> {
      sha256[name] = sha256Of(content);
      await append(name, content);
    },
    /** Adds the checksums, and waits until the disk has everything. Returns the size of the archive. */
    async finish(): Promise<number> {
      await append(checksumsName, Buffer.from(`${JSON.stringify({ sha256 }, null, 1)}\n`));
      await write(Buffer.alloc(2 * blockBytes));
      await file.sync();
      return writtenBytes;
    },
  };
}

export interface BackupFile {
  readonly header: BackupHeader;
  /** Of all parts, as they are stored. */
  readonly bytes: number;
  /** The parts of a table in their order, each checked as it is read. */
  parts(table: string): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens a backup, and reads all of it once: nothing of a damaged or shortened file is ever used. Throws `BackupRefused`.
 * @param onRead called with the bytes read so far and those of the file
 */
export async function openBackup(path: string, onRead: (bytes: number, of: number) => void): Promise<BackupFile> {
  const file = await openFile(path);
  try {
    const entries = await checkEntries(file, onRead);
    const first = entries.get(headerName) as Entry;
    const header = parseHeader((await readEntry(file, headerName, first)).toString());
    const known = new Set(header.tables.map(({ name }) => name));
    for (const name of entries.keys())
      if (name !== headerName && !known.has(/^data\/([^/]+)\//.exec(name)?.[1] ?? ''))
        throw new BackupRefused(`expected a backup to hold rows of its tables only, got ${JSON.stringify(name)}`);
    return {
      header,
      bytes: [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0),
      async *parts(table) {
        for (const [name, entry] of entries)
          if (name.startsWith(`data/${table}/`)) yield await readEntry(file, name, entry);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface Entry {
  readonly at: number;
  readonly bytes: number;
  readonly sha256: string;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new BackupRefused(`${path} cannot be read (${code})`, { cause: error });
  }
}

/** The files of the archive, in its order, all of which have the checksum that the archive lists. */
async function checkEntries(
  file: FileHandle,
  onRead: (bytes: number, of: number) => void,
): Promise<ReadonlyMap<string, Entry>> {
  const { size } = await file.stat();
  const entries = new Map<string, Entry>();
  let listed: Readonly<Record<string, string>> | undefined;
  for (let at = 0; ;) {
    const header = readTarHeader(await readBytes(file, at, Math.min(blockBytes, size - at)));
    if (header === 'end') break;
    if (header === undefined || header.bytes > maxEntryBytes || listed)
      throw new BackupRefused(at === 0 ? 'the file is no backup of a hub' : damaged(`at byte ${at}`));
    const { name, bytes } = header;
    if (at === 0 && name !== headerName) throw new BackupRefused('the file is no backup of a hub');
    at += blockBytes;
    if (at + bytes > size) throw new BackupRefused(damaged('it ends too early'));
    const content = await readBytes(file, at, bytes);
    // A later form may store the rest in another way, so its version is looked at before anything else.
    if (name === headerName) parseHeader(content.toString());
    if (name === checksumsName) listed = parseChecksums(content.toString()).sha256;
    else entries.set(name, { at, bytes, sha256: sha256Of(content) });
    at += bytes + padding(bytes);
    onRead(Math.min(at, size), size);
  }
  if (!listed) throw new BackupRefused(damaged('it ends without its checksums'));
  const missing = Object.keys(listed).find((name) => !entries.has(name));
  if (missing !== undefined) throw new BackupRefused(damaged(`${missing} is missing`));
  for (const [name, { sha256 }] of entries)
    if (listed[name] !== sha256) throw new BackupRefused(damaged(`${name} has another checksum than the backup lists`));
  return entries;
}

async function readEntry(file: FileHandle, name: string, { at, bytes, sha256 }: Entry): Promise<Buffer> {
  const content = await readBytes(file, at, bytes);
  if (sha256Of(content) !== sha256) throw new BackupRefused(`${name} has changed while the backup was restored`);
  return content;
}

async function readBytes(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const content = Buffer.alloc(Math.max(bytes, 0));
  let read = 0;
  while (read < content.length) {
    const { bytesRead } = await file.read(content, read, content.length - read, at + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return content.subarray(0, read);
}

function damaged(how: string): string {
  return `the backup is damaged or incomplete: ${how}; nothing was restored`;
}

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
