import { anyNumber, matrix, matrixOf, onOff, oneOf, type Profile } from '../switches.js';

/** What is not known of Mixpanel's ingestion, or is said in two ways. */
export const mixpanelSwitches = {
  /** Valid credentials at the wrong residency's host: refused, or taken and never seen again. */
  wrongRegion: matrix(oneOf('401', 'blackhole')),
  /** What a missing `strict` parameter means. */
  strictDefault: oneOf('0', '1'),
  /** More than 2000 events in one request. */
  tooMany: matrix(oneOf(413, 400)),
  /** Uncompressed: the 413 example of the OpenAPI file says 2 MiB, the prose 10 MB. */
  maxBytes: matrix(anyNumber(2_097_152, 10_000_000, 10_485_760)),
  maxEventBytes: anyNumber(1_000_000, 1_048_576),
  /** One entry per bad record, or one per bad field. */
  multiErrors: matrix(oneOf('first', 'all')),
  /** The key that an entry of failed_records names the id by. */
  idKey: matrix(oneOf('insert_id', '$insert_id', 'none')),
  shuffleFailed: matrix(onOff(false)),
  /** Keys beside `event` and `properties`. */
  extraKeys: oneOf('reject', 'ignore'),
  /** A time more than an hour ahead. */
  future: matrix(oneOf('reject', 'overwrite')),
  missingDistinct: oneOf('reject', 'iphash'),
  /** How the disallowed ids are compared. */
  idCase: oneOf('insensitive', 'exact'),
  /** Leaves `error` out of the answer to a partly refused request. */
  omitError: matrix(onOff(false)),
  /** `status` in the answer to strict=0. */
  looseStatus: oneOf<'OK' | 1>('OK', 1),
  /** Whether refused requests use up the rate. */
  countRejected: onOff(true),
  retryAfter: oneOf('none', 'seconds', 'date'),
  /** Takes events from before 2010 and never shows them. */
  cutoff2010: onOff(false),
  /** Profiles of a page of the Query API. */
  queryPageSize: anyNumber(1_000),
};

export type MixpanelProfile = Profile<typeof mixpanelSwitches>;

/** The profiles a Mixpanel client must pass under, beside the usual one. */
export const mixpanelMatrix: readonly Partial<MixpanelProfile>[] = matrixOf(mixpanelSwitches);
