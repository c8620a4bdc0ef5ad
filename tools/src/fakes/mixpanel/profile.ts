import { anyNumber, matrix, matrixOf, onOff, oneOf, type Profile } from '../switches.js';

/** Behaviour of Mixpanel's ingestion that the documentation omits or contradicts. */
export const mixpanelSwitches = {
  /** Valid credentials at the host of another region: refused, or accepted and dropped. */
  wrongRegion: matrix(oneOf('401', 'blackhole')),
  /** The meaning of a missing `strict` parameter. */
  strictDefault: oneOf('0', '1'),
  /** More than 2000 events in one request. */
  tooMany: matrix(oneOf(413, 400)),
  /** The limit before compression: 2 MiB in the 413 example of the OpenAPI file, 10 MB in the text. */
  maxBytes: matrix(anyNumber(2_097_152, 10_000_000, 10_485_760)),
  maxEventBytes: anyNumber(1_000_000, 1_048_576),
  /** One entry per invalid record, or one per invalid field. */
  multiErrors: matrix(oneOf('first', 'all')),
  /** The key of the id in an entry of failed_records. */
  idKey: matrix(oneOf('insert_id', '$insert_id', 'none')),
  shuffleFailed: matrix(onOff(false)),
  /** Other keys than `event` and `properties`. */
  extraKeys: oneOf('reject', 'ignore'),
  /** A time more than an hour in the future. */
  future: matrix(oneOf('reject', 'overwrite')),
  missingDistinct: oneOf('reject', 'iphash'),
  /** The comparison with disallowed ids. */
  idCase: oneOf('insensitive', 'exact'),
  /** Omits `error` in the response to a partly refused request. */
  omitError: matrix(onOff(false)),
  /** `status` in the response to strict=0. */
  looseStatus: oneOf<'OK' | 1>('OK', 1),
  /** Whether refused requests count against the rate. */
  countRejected: onOff(true),
  retryAfter: oneOf('none', 'seconds', 'date'),
  /** Accepts events from before 2010 but never shows them. */
  cutoff2010: onOff(false),
  /** A success of /engage: as verbose=1 has it, or as strict=1 has it at /import. */
  engageSuccess: oneOf('verbose', 'strict'),
  /** The status of a response of /engage that names refused updates. */
  engageFailure: oneOf(200, 400),
  /** Whether /engage, which requires no credentials but the token in each update, checks those that come. */
  engageCredentials: oneOf('ignored', 'checked'),
  /** The number of profiles per page of the Query API. */
  queryPageSize: anyNumber(1_000),
};

export type MixpanelProfile = Profile<typeof mixpanelSwitches>;

/** The profiles that a Mixpanel client must handle, in addition to the default. */
export const mixpanelMatrix: readonly Partial<MixpanelProfile>[] = matrixOf(mixpanelSwitches);
