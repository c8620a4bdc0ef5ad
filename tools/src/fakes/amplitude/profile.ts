import { anyNumber, matrix, matrixOf, onOff, oneOf, type Profile } from '../switches.js';

/** Behaviour of Amplitude's ingestion that the documentation omits or contradicts. */
export const amplitudeSwitches = {
  /** The status for a content type that is not JSON. */
  contentType: oneOf(400, 415),
  gzip: matrix(oneOf('accept', 'reject400', 'reject415')),
  /** /2/httpapi accepts fewer bytes than this. */
  httpapiMaxBytes: anyNumber(1_000_000, 1_048_576),
  /** /batch accepts at most this many bytes. */
  batchMaxBytes: anyNumber(20_000_000, 20_971_520),
  sizeBasis: oneOf('uncompressed', 'compressed'),
  /** The refusal of an unknown key: with the key in the text, without it, or a 401. */
  keyText: matrix(oneOf('suffix', 'plain', '401')),
  /** The field that is reported missing for an event without ids. */
  missingIdField: oneOf('user_id', 'device_id'),
  /** An id that is too short: refused, or removed from the event. */
  shortId: matrix(oneOf('reject', 'strip')),
  reservedEventTypes: oneOf('reject', 'accept'),
  /** productId or revenueType without price and revenue. */
  productWithoutPrice: oneOf('reject', 'ignore'),
  /** Whether a response lists every invalid event of a field or only the first. */
  indexMode: matrix(oneOf('all', 'firstPerField')),
  /** Empty maps of a 429: omitted or sent. */
  emptyMaps: matrix(oneOf('omit', 'empty')),
  /** Whether a request with a throttled id restarts its pause. */
  restartOnTouch: onOff(true),
  /** The number of polls until a file of a cohort is ready. */
  cohortPolls: anyNumber(2),
  /** A file is served from a link to another host, or in the response. */
  cohortFile: oneOf('link', 'inline'),
  cohortNewline: oneOf('lf', 'crlf'),
  dedupeKey: oneOf('insert_id+device_id', 'insert_id'),
};

export type AmplitudeProfile = Profile<typeof amplitudeSwitches>;

/** The profiles that an Amplitude client must handle, in addition to the default. */
export const amplitudeMatrix: readonly Partial<AmplitudeProfile>[] = matrixOf(amplitudeSwitches);
