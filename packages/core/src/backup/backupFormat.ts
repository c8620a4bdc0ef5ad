import { z } from 'zod';
import { OperatorError } from '../operatorError.js';

/** The version of the form in which backups are written. Every form from 1 to this one can be restored. */
export const backupFormat = 1;

/** The first file of a backup, and the last one. */
export const headerName = 'backup.json';
export const checksumsName = 'checksums.json';

/** Identifiers that go into statements. */
const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);
const digits = z.string().regex(/^\d{1,19}$/);

const backupTable = z.object({
  name: identifier,
  /** In the order in which their values are stored. */
  columns: z.array(identifier).min(1),
  /** For a partition: its table, and the day that it holds. */
  partition: z.object({ of: identifier, day: z.iso.date() }).optional(),
});

const header = z.object({
  format: z.number().int().min(1),
  /** The release of the hub that wrote it. */
  release: z.string(),
  /** The number of migrations that the database had. */
  migrations: z.number().int().min(1),
  createdAt: z.iso.datetime(),
  /** By `server_version_num`. */
  postgres: z.string(),
  /** Which secret, beside this file, opens the sealed secrets in it. */
  needs: z.literal('MASTER_KEY'),
  tables: z.array(backupTable),
  sequences: z.array(z.object({ name: identifier, lastValue: digits, isCalled: z.boolean() })),
});

const checksums = z.object({
  /** SHA-256 of each file before this one, as it is stored. */
  sha256: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});

export type BackupTable = z.infer<typeof backupTable>;
export type BackupHeader = z.infer<typeof header>;
export type Checksums = z.infer<typeof checksums>;

/** A file cannot be restored. */
export class BackupRefused extends OperatorError {}

/** Where a part of the rows of a table is: gzip of Postgres' binary COPY format, to be joined in the order of names. */
export function dataName(table: string, part: number): string {
  return `data/${table}/${String(part).padStart(6, '0')}.gz`;
}

/** Throws `BackupRefused` where this release does not know the form. */
export function parseHeader(text: string): BackupHeader {
  const json = parseJson(text, headerName);
  const { format } = z.object({ format: z.number() }).safeParse(json).data ?? {};
  if (format !== undefined && format > backupFormat)
    throw new BackupRefused(
      `expected a backup of format ${backupFormat} or earlier, got format ${format}, which a later release wrote; restore it with that release`,
    );
  const read = header.safeParse(json);
  if (read.success) return read.data;
  throw new BackupRefused(`expected ${headerName} to describe a backup: ${z.prettifyError(read.error)}`);
}

export function parseChecksums(text: string): Checksums {
  const read = checksums.safeParse(parseJson(text, checksumsName));
  if (read.success) return read.data;
  throw new BackupRefused(`expected ${checksumsName} to list checksums: ${z.prettifyError(read.error)}`);
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BackupRefused(`expected ${name} to be JSON`, { cause: error });
  }
}
