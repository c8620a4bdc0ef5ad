import { anyNumber, matrix, oneOf, onOff, type Profile } from '../switches.js';

/** Behaviour of `/users/track` that Braze's documentation omits or contradicts, or that contracts decide. */
export const brazeSwitches = {
  /** The most objects of one request together; more are a 400. */
  objectLimit: matrix(anyNumber(75, 50)),
  /** Requests per three seconds. */
  requestLimit: anyNumber(3_000),
  /** 4 MB, decimal or binary. */
  maxBytes: anyNumber(4_000_000, 4_194_304),
  /** Where a 429 says how long to wait. */
  on429: matrix(oneOf('retryAfter', 'resetEpoch', 'resetSeconds', 'none')),
  /** An update-only object of an unknown user: accepted without effect, or named as an error. */
  unknownUser: matrix(oneOf('silent', 'error')),
  /** How an error is named. */
  errorType: matrix(oneOf('code', 'sentence')),
  /** Whether an error says which object it is about. */
  errorIndex: matrix(onOff(true)),
  errorInputArray: matrix(onOff(true)),
  badKey: matrix(oneOf<401 | 404>(401, 404)),
  /** The answer to an accepted request: at once, or queued during maintenance. */
  accepted: matrix(oneOf('success', 'queued')),
  /** An object with two identifiers: named as an error, or the whole request refused. */
  twoIdentifiers: oneOf('error', 'refuse'),
} as const;

export type BrazeProfile = Profile<typeof brazeSwitches>;
