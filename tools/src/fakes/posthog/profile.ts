import { anyNumber, matrix, matrixOf, oneOf, onOff, type Profile } from '../switches.js';

/** Behaviour of PostHog's capture that its documentation omits or contradicts. */
export const posthogSwitches = {
  /** An event without a distinct id: its request is refused, or the event vanishes behind a 200. */
  missingId: oneOf('reject', 'drop'),
  badUuid: oneOf('reject', 'drop'),
  /** A timestamp that is a number: its request is refused, or it becomes the time of arrival. */
  numericTimestamp: oneOf('reject', 'server time'),
  /** A token in the right form that no project has: 200 and nothing stored, or 401. */
  unknownToken: oneOf('drop', '401'),
  /** An event that is too large: those before it in the batch are stored, or nothing is. */
  tooBigEvent: matrix(oneOf('stores earlier', 'stores nothing')),
  /** More than 23 hours ahead: set to now, or kept. */
  future: oneOf('clamp', 'keep'),
  illegalId: oneOf('ingest', 'drop'),
  /** Duplicates agree in the day of the timestamp, or in all of it. */
  dedupe: matrix(oneOf('day', 'timestamp')),
  /** `status` of a 200: of the Rust service, or of the former one. */
  statusBody: matrix(oneOf<'Ok' | 1>('Ok', 1)),
  maxBytes: anyNumber(20_971_520),
  maxEventBytes: anyNumber(1_000_000),
  /** Whether the project is over its billing limit: 200, and nothing is stored. */
  isOverQuota: onOff(false),
};

export type PostHogProfile = Profile<typeof posthogSwitches>;

/** The profiles that a client must handle, in addition to the default. */
export const posthogMatrix: readonly Partial<PostHogProfile>[] = matrixOf(posthogSwitches);
