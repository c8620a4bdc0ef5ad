import type { AmplitudeProject } from '../../src/fakes/amplitude/project.js';
import { sendRaw, type RawRequest, type Said } from './rawClient.js';

export const nowMs = Date.UTC(2026, 2, 1, 12);

export const key = '0123456789abcdef0123456789abcdef';

export const project: AmplitudeProject = { apiKey: key, secretKey: 'secret-1', projectId: 'one' };

export const start = { seed: 7, clock: { startMs: nowMs, speed: 0 }, projects: [project] } as const;

export type UploadEvent = Record<string, unknown>;

/** An event that passes every check. */
export function event(id: string, more: UploadEvent = {}): UploadEvent {
  return {
    user_id: 'user-1',
    device_id: 'device-1',
    event_type: '[Appboy] Email Open',
    time: nowMs - 1000,
    insert_id: id,
    event_properties: { a: 1 },
    ...more,
  };
}

export function events(count: number, prefix = 'e', more: UploadEvent = {}): UploadEvent[] {
  return Array.from({ length: count }, (_, index) => event(`${prefix}-${index}`, more));
}

export interface Sent extends Pick<RawRequest, 'method' | 'encoding' | 'agent' | 'timeoutMs'> {
  readonly path?: string;
  readonly contentType?: string | null;
  readonly events?: unknown;
  /** Further members of the body, next to `api_key` and `events`. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly raw?: string | Uint8Array;
}

/** Sends an upload that passes every check, unless options change it. */
export function send(url: string, sent: Sent = {}): Promise<Said> {
  const { path = '/batch', contentType = 'application/json', events: given, more, raw, ...rest } = sent;
  const body = raw ?? JSON.stringify({ api_key: key, events: given ?? events(1), ...more });
  return sendRaw(url + path, { ...rest, headers: contentType === null ? {} : { 'content-type': contentType }, body });
}
