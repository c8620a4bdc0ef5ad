import type { Conditions, Decision, FakeRequest } from '../exchange.js';
import { countAt, fits } from '../rollingCount.js';
import { findDuplicateKeys } from '../strictJson.js';
import { ingested, projectTooFast, silencedDevices, tooFast } from './answers.js';
import { createEventCheck, type UploadEvent, type UploadMarks } from './checkEvent.js';
import type { Endpoint } from './endpoint.js';
import { createEventProblems, type EventProblems } from './eventProblems.js';
import type { Ingestion } from './ingestion.js';
import { keepEvent, shiftOf, type KeptIds } from './keepEvent.js';
import type { AmplitudeProfile } from './profile.js';
import type { ProjectState } from './project.js';
import { insertIdOf, type UploadBody } from './uploadBody.js';

/** A request whose shape is good. */
export interface Upload {
  readonly profile: AmplitudeProfile;
  readonly endpoint: Endpoint;
  readonly request: FakeRequest;
  readonly conditions: Conditions;
  readonly state: ProjectState;
  readonly body: UploadBody;
  readonly minIdLength: number;
}

type EventDecision = Pick<Decision, 'answer' | 'reason' | 'commit' | 'reject'>;

const windowSeconds = 30;

/** Checks the events, then who may send now; only when nothing at all is wrong are they stored. */
export function decideEvents(ingestion: Ingestion, upload: Upload): EventDecision {
  const { ledger, clock } = ingestion;
  const { profile, request, conditions, state, body } = upload;
  const events = body.events as readonly UploadEvent[];
  const problems = createEventProblems();
  const { ids, marks } = checkEvents(events, upload, problems);
  noteViolations(ingestion, upload, marks);

  const nowMs = clock.now();
  const forced = conditions.partial400;
  const keepFrom = (skipped: ReadonlySet<number>): void => {
    ledger.alter(marks.cutStrings);
    const shiftMs = shiftOf(body.upload?.['client_upload_time'], nowMs);
    for (const [index, event] of events.entries()) {
      if (!skipped.has(index))
        keepEvent(ledger, profile, {
          seq: request.seq,
          index,
          state,
          event,
          ids: ids[index] as KeptIds,
          nowMs,
          shiftMs,
        });
    }
  };

  const bad = problems.indexes();
  if (bad.size > 0 || forced !== undefined) {
    const answer = problems.answer(profile.indexMode, forced, events.length);
    const reason = `${bad.size} of the events are not good`;
    const reject = (): void => {
      for (const [index, { kind, field }] of problems.named(profile.indexMode, forced)) {
        ledger.reject(request.seq, index, insertIdOf(events[index]), [{ field, message: kind }]);
      }
    };
    if (forced?.stores !== 'rest') return { answer, reason, reject };
    const commit = (): void => {
      keepFrom(bad);
      reject();
    };
    return { answer, reason, commit };
  }

  const refusal = refuseForRates(upload, events, ids, nowMs);
  if (refusal !== undefined) return refusal;
  return {
    answer: ingested(events.length, body.uncompressedBytes, nowMs + conditions.skewMs),
    reason: 'ingested',
    commit: () => keepFrom(bad),
  };
}

function checkEvents(
  events: readonly UploadEvent[],
  upload: Upload,
  problems: EventProblems,
): { readonly ids: KeptIds[]; readonly marks: UploadMarks } {
  const { profile, minIdLength, conditions } = upload;
  const marks: UploadMarks = {
    noInsertId: 0,
    noTime: 0,
    timeInSeconds: 0,
    unknownTopLevelKey: 0,
    clientUploadTime: 0,
    remoteIp: 0,
    cutStrings: 0,
  };
  const check = createEventCheck(profile, minIdLength, problems, marks);
  const forced = conditions.partial400;
  const ids: KeptIds[] = [];
  for (let index = 0; index < events.length; index++) {
    const { userId, deviceId, insertId, cutStrings } = check(events[index] as UploadEvent, index);
    ids.push({ userId, deviceId, insertId, cut: cutStrings > 0 });
    const isForced =
      forced?.indexes?.includes(index) === true || (insertId !== undefined && forced?.ids?.includes(insertId) === true);
    if (isForced) problems.note('invalid', forced?.field ?? 'event_properties', index);
  }
  if (upload.body.upload?.['client_upload_time'] !== undefined) marks.clientUploadTime++;
  return { ids, marks };
}

function noteViolations({ ledger }: Ingestion, { request, body }: Upload, marks: UploadMarks): void {
  const { cutStrings: _notAViolation, ...violations } = marks;
  for (const [code, times] of Object.entries(violations)) if (times > 0) ledger.violate(request.seq, code, times);
  if (ledger.mode === 'full')
    for (const key of findDuplicateKeys(body.text)) ledger.violate(request.seq, 'duplicateKey', 1, key);
}

function refuseForRates(
  upload: Upload,
  events: readonly UploadEvent[],
  ids: readonly KeptIds[],
  nowMs: number,
): EventDecision | undefined {
  const { profile, endpoint, state } = upload;
  const eps = endpoint.eps(state);
  if (state.silenced.size > 0) {
    const silenced = ids.flatMap(({ deviceId }, index) =>
      deviceId !== undefined && state.silenced.has(deviceId) ? [{ deviceId, index }] : [],
    );
    const devices = [...new Set(silenced.map(({ deviceId }) => deviceId))];
    if (silenced.length > 0)
      return {
        answer: silencedDevices(
          eps,
          devices,
          silenced.map(({ index }) => index),
        ),
        reason: 'silenced',
      };
  }
  const projectEps = state.limits.projectEps;
  if (
    projectEps !== undefined &&
    !fits(state.events, nowMs, windowSeconds, projectEps * windowSeconds, events.length)
  ) {
    return { answer: projectTooFast, reason: 'project rate' };
  }
  // Amplitude, Batch Event Upload API: 500,000 events a day of one user or device.
  const { dailyEvents = 500_000 } = state.limits;
  const rules = { eps, pauseMs: endpoint.pauseMs, restartOnTouch: profile.restartOnTouch, dailyEvents };
  const throttled = state.throttle.admit(countIds(ids), nowMs, rules);
  if (throttled === undefined) {
    if (projectEps !== undefined) countAt(state.events, nowMs, events.length);
    return undefined;
  }
  const named = [throttled.users, throttled.dailyUsers];
  const namedDevices = [throttled.devices, throttled.dailyDevices];
  const indexes = ids.flatMap(({ userId, deviceId }, index) =>
    named.some((map) => userId !== undefined && map.has(userId)) ||
    namedDevices.some((map) => deviceId !== undefined && map.has(deviceId))
      ? [index]
      : [],
  );
  return { answer: tooFast(eps, throttled, indexes, profile.emptyMaps), reason: 'throttled' };
}

/** How often each id comes. An event without a device counts for its user only: Amplitude's own stand-in device would count the same. */
function countIds(ids: readonly KeptIds[]): {
  readonly users: Map<string, number>;
  readonly devices: Map<string, number>;
} {
  const users = new Map<string, number>();
  const devices = new Map<string, number>();
  for (const { userId, deviceId } of ids) {
    if (userId !== undefined) users.set(userId, (users.get(userId) ?? 0) + 1);
    if (deviceId !== undefined) devices.set(deviceId, (devices.get(deviceId) ?? 0) + 1);
  }
  return { users, devices };
}
