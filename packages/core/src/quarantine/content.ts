import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { decodeText } from '@currents/schema';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

const chunkSize = 256 * 1024;
const params = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18 };
/** Shorter contents are not compressed: most requests have none or one event at fault. */
const minCompressedBytes = 1_024;
/** Far more than `quarantineRows` puts into one row, even if each character takes six bytes in JSON. */
const maxBytes = 32 * 1024 * 1024;

/**
 * The first byte of a content is the version of its form: this one is Brotli of a JSON list. A content that begins with
 * `[` is such a list itself, as small ones are, and those from before there was this form. A later release takes the
 * next versions, up to `lastVersion`.
 */
const version = 0x01;
const lastVersion = 0x1f;
const open = 0x5b;

/** What is kept of a quarantined event: undefined without a body once it is purged. */
export interface KeptEvent {
  readonly detail: string;
  readonly body: string | undefined;
  /** Whether the body is only the beginning of the event. */
  readonly isCut: boolean;
}

/** Why a content cannot be read: its bytes are wrong, or a later release of the hub has stored it. */
type UnreadableReason = 'damaged' | 'newer';

export class QuarantineUnreadable extends Error {
  constructor(
    readonly reason: UnreadableReason,
    options?: ErrorOptions,
  ) {
    super(
      `the stored bytes of quarantined events are ${reason === 'newer' ? 'of a later release' : 'damaged'}`,
      options,
    );
    this.name = 'QuarantineUnreadable';
  }
}

export async function packContent(events: readonly KeptEvent[]): Promise<Buffer> {
  const list = events.map(({ detail, body, isCut }) => (isCut ? [detail, body, true] : [detail, body ?? null]));
  const plain = Buffer.from(JSON.stringify(list));
  if (plain.length < minCompressedBytes) return plain;
  return Buffer.concat([Buffer.of(version), await compress(plain, { chunkSize, params })]);
}

/** The events of a content in any form. Rejects with `QuarantineUnreadable`, also when they are not `count`. */
export async function unpackContent(content: Buffer, count: number): Promise<readonly KeptEvent[]> {
  const first = content[0] ?? 0;
  let events: readonly KeptEvent[];
  try {
    if (first === version)
      events = read(await decompress(content.subarray(1), { chunkSize, maxOutputLength: maxBytes }));
    else if (first === open) events = read(content);
    else throw new QuarantineUnreadable(first > version && first <= lastVersion ? 'newer' : 'damaged');
  } catch (cause) {
    if (cause instanceof QuarantineUnreadable) throw cause;
    throw new QuarantineUnreadable('damaged', { cause });
  }
  if (events.length !== count) throw new QuarantineUnreadable('damaged');
  return events;
}

function read(plain: Buffer): readonly KeptEvent[] {
  const list = JSON.parse(decodeText(plain)) as readonly unknown[];
  return list.map((item) => {
    if (!Array.isArray(item) || typeof item[0] !== 'string') throw new Error('expected a list of events');
    const [detail, body, isCut] = item as readonly unknown[];
    return { detail: detail as string, body: typeof body === 'string' ? body : undefined, isCut: isCut === true };
  });
}
