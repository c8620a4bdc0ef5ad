import type { Conditions, Decision, FakeRequest } from '../exchange.js';
import { countAt, fits } from '../rollingCount.js';
import { findDuplicateKeys } from '../strictJson.js';
import { ingested, projectTooFast, silencedDevices, tooFast } from './answers.js';
import { createEventCheck, createMarks, type CheckedIds, type UploadEvent } from './checkEvent.js';
import { createEventProblems, type EventProblems } from './eventProblems.js';
import { keepEvent, shiftOf } from './keepEvent.js';
import type { AmplitudeProfile } from './profile.js';
import type { ProjectState } from './project.js';
import { insertIdOf, type Endpoint, type Ingestion, type UploadBody } from './upload.js';

/** A request with a valid shape. */
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

/** Checks the events, then the rates; stores the events only if all checks pass. */
export function decideEvents({ ledger, clock }: Ingestion, upload: Upload): EventDecision {
  const { profile, request, conditions, body } = upload;
  const events = body.events as readonly UploadEvent[];
  const problems = createEventProblems();
  const { ids, marks } = checkEvents(events, upload, problems);
  const { cutStrings, ...violations } = marks;
  for (const [code, times] of Object.entries(violations)) if (times > 0) ledger.violate(request.seq, code, times);
  if (ledger.mode === 'full')
    for (const key of findDuplicateKeys(body.text)) ledger.violate(request.seq, 'duplicateKey', 1, key);

  const nowMs = clock.now();
  const forced = conditions.partial400;
  const bad = problems.indexes;
  const keep = (): void => {
    ledger.alter(cutStrings);
    const shiftMs = shiftOf(body.upload?.['client_upload_time'], nowMs);
    for (const [index, checked] of ids.entries())
      if (!bad.has(index)) keepEvent(ledger, upload, index, checked, nowMs, shiftMs);
  };

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
      keep();
      reject();
    };
    return { answer, reason, commit };
  }

  const refusal = refuseForRates(upload, events, ids, nowMs);
  if (refusal !== undefined) return refusal;
  const answer = ingested(events.length, body.uncompressedBytes, nowMs + conditions.skewMs);
  return { answer, reason: 'ingested', commit: keep };
}

function checkEvents(
  events: readonly UploadEvent[],
  { profile, minIdLength, conditions: { partial400: forced }, body }: Upload,
  problems: EventProblems,
) {
  const marks = createMarks();
  const check = createEventCheck(profile, minIdLength, problems, marks);
  const ids = events.map((event, index) => {
    const checked = check(event, index);
    const { insertId } = checked;
    const isForced =
      forced?.indexes?.includes(index) === true || (insertId !== undefined && forced?.ids?.includes(insertId) === true);
    if (isForced) problems.note('invalid', forced?.field ?? 'event_properties', index);
    return checked;
  });
  if (body.upload?.['client_upload_time'] !== undefined) marks.clientUploadTime++;
  return { ids, marks };
}

function refuseForRates(
  { profile, endpoint, state }: Upload,
  events: readonly UploadEvent[],
  ids: readonly CheckedIds[],
  nowMs: number,
): EventDecision | undefined {
  const eps = endpoint.eps(state);
  const { projectEps, dailyEvents = 500_000 } = state.limits;
  const indexesWhere = (isMeant: (ids: CheckedIds) => boolean): number[] =>
    ids.flatMap((checked, index) => (isMeant(checked) ? [index] : []));

  const isSilenced = ({ deviceId }: CheckedIds): boolean => deviceId !== undefined && state.silenced.has(deviceId);
  const silenced = state.silenced.size > 0 ? indexesWhere(isSilenced) : [];
  if (silenced.length > 0) {
    const devices = new Set(silenced.map((index) => ids[index]?.deviceId ?? ''));
    return { answer: silencedDevices(eps, [...devices], silenced), reason: 'silenced' };
  }
  const projectLimit = (projectEps ?? Infinity) * windowSeconds;
  if (!fits(state.events, nowMs, windowSeconds, projectLimit, events.length))
    return { answer: projectTooFast, reason: 'project rate' };
  // Amplitude, Batch Event Upload API: 500,000 events a day of one user or device.
  const rules = { eps, pauseMs: endpoint.pauseMs, restartOnTouch: profile.restartOnTouch, dailyEvents };
  const throttled = state.throttle.admit(countIds(ids), nowMs, rules);
  if (throttled === undefined) {
    if (projectEps !== undefined) countAt(state.events, nowMs, events.length);
    return undefined;
  }
  const { users, dailyUsers, devices, dailyDevices } = throttled;
  const indexes = indexesWhere(
    ({ userId, deviceId }) =>
      (userId !== undefined && (users.has(userId) || dailyUsers.has(userId))) ||
      (deviceId !== undefined && (devices.has(deviceId) || dailyDevices.has(deviceId))),
  );
  return { answer: tooFast(eps, throttled, indexes, profile.emptyMaps), reason: 'throttled' };
}

/** The number of events of each id. An event without a device counts only for its user: Amplitude's generated device would have the same count. */
function countIds(ids: readonly CheckedIds[]) {
  const users = new Map<string, number>();
  const devices = new Map<string, number>();
  for (const { userId, deviceId } of ids) {
    if (userId !== undefined) users.set(userId, (users.get(userId) ?? 0) + 1);
    if (deviceId !== undefined) devices.set(deviceId, (devices.get(deviceId) ?? 0) + 1);
  }
  return { users, devices };
}
