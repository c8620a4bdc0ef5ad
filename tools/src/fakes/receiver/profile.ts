import { anyNumber, matrix, matrixOf, oneOf, onOff, type Profile } from '../switches.js';

/** What receivers of Braze's events do differently. */
export const receiverSwitches = {
  /** The answer to events that are stored. */
  success: matrix(oneOf(200, 201, 202, 204)),
  /** The answer to a request with an event that is refused. */
  refusal: matrix(oneOf(400, 422)),
  takesGzip: onOff(true),
  maxEvents: anyNumber(100),
  maxBytes: anyNumber(1_000_000),
};

export type ReceiverProfile = Profile<typeof receiverSwitches>;

/** The profiles that a sender must handle, in addition to the default. */
export const receiverMatrix: readonly Partial<ReceiverProfile>[] = matrixOf(receiverSwitches);
