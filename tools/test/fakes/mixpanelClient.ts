import type { MixpanelProject } from '../../src/fakes/mixpanel/project.js';
import { sendRaw, type RawRequest, type Said } from './rawClient.js';

export const nowMs = Date.UTC(2026, 2, 1, 12);

export const project: MixpanelProject = {
  projectId: '77',
  token: 'token-77',
  secret: 'secret-77',
  serviceAccounts: [
    { user: 'writer', secret: 'pass', role: 'admin' },
    { user: 'reader', secret: 'pass', role: 'analyst' },
  ],
};

export const start = { seed: 7, clock: { startMs: nowMs, speed: 0 }, projects: [project] } as const;

export interface Sent extends Pick<RawRequest, 'method' | 'encoding' | 'agent' | 'timeoutMs'> {
  readonly path?: string;
  readonly credentials?: string | null;
  readonly contentType?: string | null;
  readonly body?: unknown;
  readonly raw?: string | Uint8Array;
}

/** An event that passes every check. */
export function event(
  id: string,
  properties: Record<string, unknown> = {},
): { event: string; properties: Record<string, unknown> } {
  return {
    event: 'Email Open',
    properties: { time: nowMs - 1000, distinct_id: 'user-1', $insert_id: id, ip: 0, ...properties },
  };
}

export function events(count: number, prefix = 'e'): ReturnType<typeof event>[] {
  return Array.from({ length: count }, (_, index) => event(`${prefix}-${index}`));
}

export function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** Sends a request to /import that passes every check, unless options change it. */
export function send(url: string, sent: Sent = {}): Promise<Said> {
  const {
    path = '/import?strict=1',
    credentials = 'token-77:',
    contentType = 'application/json',
    body,
    raw,
    ...rest
  } = sent;
  const headers = {
    ...(contentType === null ? {} : { 'content-type': contentType }),
    ...(credentials === null ? {} : { authorization: basic(credentials) }),
  };
  return sendRaw(url + path, { ...rest, headers, body: raw ?? JSON.stringify(body ?? events(1)) });
}
