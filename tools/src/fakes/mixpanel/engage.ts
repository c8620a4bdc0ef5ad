import type { Answer, Conditions, Decision, FakeRequest } from '../exchange.js';
import { retryAfter } from '../faults/faultAnswer.js';
import { countAt, fits } from '../rollingCount.js';
import * as answers from './answers.js';
import { authorise } from './authorise.js';
import { createProfileCheck, type ProfileFindings } from './checkProfile.js';
import { listFailed, type FailedRecord } from './importRecords.js';
import type { MixpanelProfile } from './profile.js';
import type { Ingestion, ProjectState } from './project.js';
import { mediaTypeOf, profileIdOf, readRecords } from './records.js';

// Mixpanel, User Profiles, limits, and rate limits of the Ingestion API.
const maxUpdates = 2000;
const rateSeconds = 60;

/** Decides requests to /engage with $set and $set_once; Mixpanel, Set Property reference. */
export function createEngage(ingestion: Ingestion): (request: FakeRequest, conditions: Conditions) => Decision {
  const { ledger, clock } = ingestion;

  return (request, conditions) => {
    const { method, query, headers, body, seq } = request;
    if (method !== 'POST') return refuse(answers.methodNotAllowed, 'method');
    const profile = ingestion.profile();
    if (profile.engageCredentials === 'checked' && headers.authorization !== undefined) {
      const access = authorise(request, ingestion.projects());
      if (access.kind !== 'granted') return refuse(answers.unauthorised, 'credentials');
    }
    for (const [name, value, code] of wanted) if (query.get(name) !== value) ledger.violate(seq, code);
    // "This API does not support gzip encoding."
    if (headers['content-encoding'] !== undefined)
      return refuse(answers.badRequest('unsupported content encoding'), 'encoding');
    const maxBytes = conditions.maxBytes ?? profile.maxBytes;
    if (body.byteLength > maxBytes) return refuse(answers.tooLarge(`${maxBytes} bytes`), 'too many bytes');
    const mediaType = mediaTypeOf(headers['content-type']);
    const read = mediaType === 'json' ? readRecords(body, mediaType) : undefined;
    if (read === undefined) return refuse(answers.profilesRefused('invalid JSON'), 'not a list of JSON objects');
    ingestion.keepRecords(request, read.records);
    if (read.records.length > maxUpdates) {
      const limit = `${maxUpdates} profiles`;
      const is413 = profile.tooMany === 413;
      return refuse(
        is413 ? answers.tooLarge(limit) : answers.badRequest(`request exceeds max limit of ${limit}`),
        'too many updates',
      );
    }
    const check = createProfileCheck(profile);
    const found = read.records.map((record) => check(record, read.mayHoldIllFormedText));
    const state = stateOf(found[0], request);
    const decision = isWithinRate(state, found.length, body.byteLength)
      ? decide(request, conditions, profile, read.records, found, state)
      : { answer: answers.rateLimited(retryAfterHeader(profile)), reason: 'rate' };
    const about = { project: state?.project.projectId, eventCount: found.length, uncompressedBytes: body.byteLength };
    return { ...decision, ...about };
  };

  /** The project that a token belongs to at this host. */
  function stateOf(found: ProfileFindings | undefined, { listener }: FakeRequest): ProjectState | undefined {
    return ingestion.projects().find(({ project, region }) => project.token === found?.token && region === listener);
  }

  function isWithinRate(state: ProjectState | undefined, count: number, bytes: number): boolean {
    if (state === undefined) return true;
    const nowMs = clock.now();
    const isWithin =
      fits(state.bytes, nowMs, rateSeconds, state.maxBytesPerMin, bytes) &&
      fits(state.events, nowMs, rateSeconds, state.maxEventsPerMin, count);
    countAt(state.bytes, nowMs, bytes);
    countAt(state.events, nowMs, count);
    return isWithin;
  }

  function retryAfterHeader({ retryAfter: form }: MixpanelProfile): Readonly<Record<string, string>> | undefined {
    return form === 'none' ? undefined : { 'retry-after': retryAfter(5, form, clock.now()) };
  }

  function decide(
    { seq }: FakeRequest,
    { partial400: forced }: Conditions,
    profile: MixpanelProfile,
    records: readonly unknown[],
    found: readonly ProfileFindings[],
    state: ProjectState | undefined,
  ): Pick<Decision, 'answer' | 'reason' | 'commit'> {
    const failed: FailedRecord[] = [];
    const good: number[] = [];
    found.forEach(({ problems }, index) => {
      const id = profileIdOf(records[index]) ?? '';
      const isForced = forced?.indexes?.includes(index) === true || forced?.ids?.includes(id) === true;
      const { field = '$set', message = 'properties are invalid' } = forced ?? {};
      if (isForced) failed.push({ index, insertId: '', problems: [{ field, message }] });
      else if (problems.length > 0) failed.push({ index, insertId: '', problems });
      else good.push(index);
    });
    const listless = forced?.records === 'strings' || forced?.records === 'none';
    const storesRest = forced?.stores === undefined ? !listless : forced.stores === 'rest';
    const commit = (): void => {
      for (const { index, problems } of failed) ledger.reject(seq, index, profileIdOf(records[index]), problems);
      for (const index of good) keep(seq, index, records[index], found[index] as ProfileFindings, state);
    };
    const storing = storesRest ? { commit } : {};
    if (failed.length === 0) {
      const answer = profile.engageSuccess === 'verbose' ? answers.profilesSet : answers.imported(good.length, 'OK');
      return { answer, reason: 'set', ...storing };
    }
    const list = listFailed(failed, records.length, profile, ingestion.random, forced);
    const answer = answers.partlyImported(list, storesRest ? good.length : 0, profile.omitError);
    const status = profile.engageFailure;
    return { answer: { ...answer, status }, reason: `${failed.length} failed validation`, ...storing };
  }

  /** An unknown token is not refused: a success "does not signify a valid project token". */
  function keep(
    seq: number,
    index: number,
    record: unknown,
    { token, distinctId, operation, properties, cut, emptied }: ProfileFindings,
    state: ProjectState | undefined,
  ): void {
    if (state?.project.token !== token) return ledger.violate(seq, 'unknownToken');
    const known = state.people.get(distinctId) ?? {};
    state.people.set(distinctId, operation === '$set' ? { ...known, ...properties } : { ...properties, ...known });
    const { $token: _, ...event } = record as Readonly<Record<string, unknown>>;
    const altered = [...cut, ...emptied];
    ledger.alter(altered.length);
    ledger.store(
      {
        seq,
        index,
        project: state.project.projectId,
        receivedAt: clock.now(),
        id: profileIdOf(record),
        eventPart: operation,
        personPart: distinctId,
        timePart: 0,
      },
      () => ({ person: distinctId, event, altered, hidden: false }),
    );
  }
}

/** What a server asks for, and the violation without. */
const wanted = [
  ['strict', '1', 'nonStrict'],
  ['verbose', '1', 'notVerbose'],
  ['ip', '0', 'noIpZero'],
] as const;

function refuse(answer: Answer, reason: string): Decision {
  return { answer, reason, eventCount: 0, uncompressedBytes: 0 };
}
