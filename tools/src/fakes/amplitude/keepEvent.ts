import { createHash } from 'node:crypto';
import type { Ledger } from '../ledger.js';
import { cutStrings, type CheckedIds, type UploadEvent } from './checkEvent.js';
import type { Upload } from './decideEvents.js';

/** Stores one event of an upload. `shiftMs` is the correction by the request's client_upload_time. */
export function keepEvent(
  ledger: Ledger,
  { profile, request, state, body }: Upload,
  index: number,
  ids: CheckedIds,
  nowMs: number,
  shiftMs: number,
): void {
  const { deviceId, userId, insertId, cut } = ids;
  const event = body.events[index] as UploadEvent;
  const device = deviceId ?? `user:${userId ?? ''}`;
  ledger.store(
    {
      seq: request.seq,
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

/** The device that Amplitude generates for a user without one. */
function deviceOf(userId: string): string {
  return createHash('md5').update(userId).digest('hex');
}

/** Amplitude, event time: an upload time that is off by more than a minute shifts the event by the difference. */
export function shiftOf(clientUploadTime: unknown, nowMs: number): number {
  const isNumber = typeof clientUploadTime === 'number';
  const uploadMs = isNumber
    ? clientUploadTime
    : typeof clientUploadTime === 'string'
      ? Date.parse(clientUploadTime)
      : NaN;
  const offMs = nowMs - uploadMs;
  return Math.abs(offMs) > 60_000 ? offMs : 0;
}

function effectiveEvent(event: UploadEvent, { userId, deviceId, cut }: CheckedIds, shiftMs: number, nowMs: number) {
  const kept: Record<string, unknown> = { ...(cut ? (cutStrings(event) as UploadEvent) : event) };
  if (userId === undefined) delete kept['user_id'];
  if (deviceId === undefined) delete kept['device_id'];
  kept['time'] = (typeof event['time'] === 'number' ? event['time'] : nowMs) + shiftMs;
  return kept;
}
