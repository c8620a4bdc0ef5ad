import { createHash } from 'node:crypto';
import { decodeText, isObject, parseJson } from '../strictJson.js';

export interface Records {
  readonly records: readonly unknown[];
  /** False if no string of the body can be ill-formed, so that the check can be skipped. */
  readonly mayHoldIllFormedText: boolean;
  /** The JSON documents of the records. */
  readonly documents: readonly string[];
}

export type MediaType = 'json' | 'ndjson';

export function mediaTypeOf(contentType: string | undefined): MediaType | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return type === 'application/json' ? 'json' : type === 'application/x-ndjson' ? 'ndjson' : undefined;
}

/** The events of an uncompressed body: a JSON array with at least one element, or one JSON value per line; otherwise undefined. */
export function readRecords(bytes: Uint8Array, mediaType: MediaType): Records | undefined {
  const { text, wellFormed } = decodeText(bytes);
  const documents = mediaType === 'json' ? [text] : text.split('\n').filter((line) => line.trim() !== '');
  const values: unknown[] = [];
  for (const document of documents) {
    const parsed = parseJson(document);
    if ('invalid' in parsed) return undefined;
    values.push(parsed.value);
  }
  const records = mediaType === 'json' ? values[0] : values;
  if (!Array.isArray(records) || records.length === 0) return undefined;
  const escapes = text.includes('\\ud') || text.includes('\\uD');
  return { records: records as readonly unknown[], mayHoldIllFormedText: !wellFormed || escapes, documents };
}

/** The ids of the records that are strings. */
export function insertIdsOf(records: readonly unknown[]): readonly string[] {
  return records.flatMap((record) => profileIdOf(record) ?? insertIdOf(record) ?? []);
}

/**
 * What tells updates of profiles apart in the ledger, as they have no id: the user, and a hash of what is set. Undefined for
 * another record.
 */
export function profileIdOf(record: unknown): string | undefined {
  if (!isObject(record) || typeof record['$distinct_id'] !== 'string') return undefined;
  const { $token: _, $distinct_id: user, ...operations } = record;
  return `${user} ${createHash('sha256').update(JSON.stringify(operations)).digest('hex').slice(0, 16)}`;
}

function insertIdOf(record: unknown): string | undefined {
  const properties = (record as { readonly properties?: { readonly $insert_id?: unknown } | null } | null)?.properties;
  const id = properties?.$insert_id;
  return typeof id === 'string' ? id : undefined;
}
