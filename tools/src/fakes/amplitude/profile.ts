import { anyNumber, matrix, matrixOf, onOff, oneOf, type Profile } from '../switches.js';

/** What is not known of Amplitude's ingestion, or is said in two ways. */
export const amplitudeSwitches = {
  /** The status for a content type that is not JSON. */
  contentType: oneOf(400, 415),
  gzip: matrix(oneOf('accept', 'reject400', 'reject415')),
  /** /2/httpapi takes fewer bytes than this. */
  httpapiMaxBytes: anyNumber(1_000_000, 1_048_576),
  /** /batch takes at most this many bytes. */
  batchMaxBytes: anyNumber(20_000_000, 20_971_520),
  sizeBasis: oneOf('uncompressed', 'compressed'),
  /** How an unknown key is refused: with the key in the text, without it, or by a 401. */
  keyText: matrix(oneOf('suffix', 'plain', '401')),
  /** The field that an event without any id is said to lack. */
  missingIdField: oneOf('user_id', 'device_id'),
  /** An id that is too short: refused, or taken off the event. */
  shortId: matrix(oneOf('reject', 'strip')),
  reservedEventTypes: oneOf('reject', 'accept'),
  /** productId or revenueType without price and revenue. */
  productWithoutPrice: oneOf('reject', 'ignore'),
  /** Whether an answer lists every bad event of a field or only the first. */
  indexMode: matrix(oneOf('all', 'firstPerField')),
  /** Maps of a 429 that have nothing in them. */
  emptyMaps: matrix(oneOf('omit', 'empty')),
  /** Whether a request with a throttled id makes it wait from the start again. */
  restartOnTouch: onOff(true),
  /** How often a file of a cohort is asked after before it is ready. */
  cohortPolls: anyNumber(2),
  /** A file comes by a link elsewhere, or at once. */
  cohortFile: oneOf('link', 'inline'),
  cohortNewline: oneOf('lf', 'crlf'),
  dedupeKey: oneOf('insert_id+device_id', 'insert_id'),
};

export type AmplitudeProfile = Profile<typeof amplitudeSwitches>;

/** The profiles an Amplitude client must pass under, beside the usual one. */
export const amplitudeMatrix: readonly Partial<AmplitudeProfile>[] = matrixOf(amplitudeSwitches);
