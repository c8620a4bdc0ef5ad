import type { FakeRequest } from '../exchange.js';
import type { Surroundings } from '../fake.js';
import { inflate, inflationGuardBytes } from '../inflate.js';
import { decodeText, isObject, parseJson } from '../strictJson.js';
import type { AmplitudeProfile } from './profile.js';
import type { ProjectState } from './project.js';

/** The state of Amplitude's ingestion. */
export interface Ingestion extends Surroundings<AmplitudeProfile> {
  readonly projects: () => readonly ProjectState[];
  readonly bodyOf: (request: FakeRequest) => UploadBody;
}

/** The differences between the two upload endpoints. */
export interface Endpoint {
  readonly maxEvents: number;
  largestBytes(profile: AmplitudeProfile): number;
  eps(state: ProjectState): number;
  /** The pause of an id above the rate. */
  readonly pauseMs: number;
}

export const endpoints: Readonly<Record<string, Endpoint>> = {
  // Amplitude, HTTP V2 API: under 1 MB and under 2000 events, 30 events a second, a pause of 30 seconds.
  '/2/httpapi': {
    maxEvents: 1999,
    largestBytes: (profile) => profile.httpapiMaxBytes - 1,
    eps: ({ limits }) => limits.httpapiEps ?? 30,
    pauseMs: 30_000,
  },
  // Amplitude, Batch Event Upload API: up to 20 MB and 2000 events, 1000 events a second, a pause of 15 seconds.
  '/batch': {
    maxEvents: 2000,
    largestBytes: (profile) => profile.batchMaxBytes,
    eps: ({ limits }) => limits.batchEps ?? 1000,
    pauseMs: 15_000,
  },
};

/** The parsed body of an upload, shared by faults, checks and ledger. */
export interface UploadBody {
  readonly uncompressedBytes: number;
  /** Set when the body is a JSON object in valid UTF-8. */
  readonly upload: Readonly<Record<string, unknown>> | undefined;
  readonly text: string;
  /** `upload.events` if it is a list; otherwise empty. */
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
  const parsed = wellFormed ? parseJson(text) : {};
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
