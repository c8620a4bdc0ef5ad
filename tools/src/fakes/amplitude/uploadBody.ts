import { inflate, inflationGuardBytes } from '../inflate.js';
import type { FakeRequest } from '../exchange.js';
import { decodeText, isObject, parseJson } from '../strictJson.js';

/** An upload's body as far as it can be read, once for faults, checks and ledger. */
export interface UploadBody {
  readonly uncompressedBytes: number;
  /** Set when the body is a JSON object in good UTF-8. */
  readonly upload: Readonly<Record<string, unknown>> | undefined;
  readonly text: string;
  /** `upload.events` when that is a list; else nothing. */
  readonly events: readonly unknown[];
  readonly apiKey: string | undefined;
}

export function readUpload(request: FakeRequest): UploadBody {
  const inflated = inflate(request.body, request.headers['content-encoding']);
  if ('refused' in inflated) {
    const uncompressedBytes = inflated.refused === 'tooLarge' ? inflationGuardBytes + 1 : request.body.byteLength;
    return { uncompressedBytes, upload: undefined, text: '', events: [], apiKey: undefined };
  }
  const { text, wellFormed } = decodeText(inflated.bytes);
  const parsed = wellFormed ? parseJson(text) : { invalid: 'not UTF-8' };
  const upload = 'value' in parsed && isObject(parsed.value) ? parsed.value : undefined;
  const events = upload?.['events'];
  const apiKey = upload?.['api_key'];
  return {
    uncompressedBytes: inflated.bytes.byteLength,
    upload,
    text,
    events: Array.isArray(events) ? (events as readonly unknown[]) : [],
    apiKey: typeof apiKey === 'string' ? apiKey : undefined,
  };
}

export function insertIdOf(event: unknown): string | undefined {
  const id = isObject(event) ? event['insert_id'] : undefined;
  return typeof id === 'string' ? id : undefined;
}
