import { createHash } from 'node:crypto';
import type { Ledger } from '../ledger.js';
import type { UploadEvent } from './checkEvent.js';
import type { AmplitudeProfile } from './profile.js';
import type { ProjectState } from './project.js';
import { cutStrings } from './walkProperties.js';

/** The ids Amplitude goes by; one that was too short has been taken off. */
export interface KeptIds {
  readonly userId: string | undefined;
  readonly deviceId: string | undefined;
  readonly insertId: string | undefined;
  /** Whether a string of the event is longer than what is kept. */
  readonly cut: boolean;
}

export interface KeptEvent {
  readonly seq: number;
  readonly index: number;
  readonly state: ProjectState;
  readonly event: UploadEvent;
  readonly ids: KeptIds;
  readonly nowMs: number;
  /** What the request's client_upload_time moves the event by. */
  readonly shiftMs: number;
}

export function keepEvent(
  ledger: Ledger,
  profile: AmplitudeProfile,
  { seq, index, state, event, ids, nowMs, shiftMs }: KeptEvent,
): void {
  const { deviceId, userId, insertId, cut } = ids;
  const device = deviceId ?? `user:${userId ?? ''}`;
  ledger.store(
    {
      seq,
      index,
      project: state.name,
      receivedAt: nowMs,
      id: insertId,
      eventPart: '',
      personPart: profile.dedupeKey === 'insert_id' ? '' : device,
      timePart: 0,
    },
    () => ({
      person: deviceId ?? deviceOf(userId ?? ''),
      event: effectiveEvent(event, ids, shiftMs + shiftOf(event['client_upload_time'], nowMs), nowMs),
      altered: cut ? ['strings'] : [],
      hidden: false,
    }),
  );
}

/** The device Amplitude makes up for a user without one. */
export function deviceOf(userId: string): string {
  return createHash('md5').update(userId).digest('hex');
}

/** Amplitude, event time: an upload time that is more than a minute off moves the event by as much. */
export function shiftOf(clientUploadTime: unknown, nowMs: number): number {
  const uploadMs =
    typeof clientUploadTime === 'string'
      ? Date.parse(clientUploadTime)
      : typeof clientUploadTime === 'number'
        ? clientUploadTime
        : Number.NaN;
  const offMs = nowMs - uploadMs;
  return Math.abs(offMs) > 60_000 ? offMs : 0;
}

function effectiveEvent(
  event: UploadEvent,
  { userId, deviceId, cut }: KeptIds,
  shiftMs: number,
  nowMs: number,
): UploadEvent {
  const kept = { ...(cut ? (cutStrings(event) as UploadEvent) : event) } as Record<string, unknown>;
  if (userId === undefined) delete kept['user_id'];
  if (deviceId === undefined) delete kept['device_id'];
  kept['time'] = (typeof event['time'] === 'number' ? event['time'] : nowMs) + shiftMs;
  return kept;
}
