import type { Socket } from 'node:net';

/** `HTTP/1.0 100` or `HTTP/1.1 100`, up to and with the empty line after its headers. */
const continueHead = /^HTTP\/1\.[01] 100(?:[ \t][^\r\n]*)?\r?\n(?:[^\r\n]+\r?\n)*\r?\n/;
/** Length of `HTTP/1.1 100`. */
const statusLength = 12;
/** A head that is longer goes to undici, which refuses it. */
const maxHeadBytes = 16 * 1024;

/**
 * Takes `100 Continue` out of what a socket receives. A server may send it unasked (RFC 9110, 15.2: a client discards an
 * interim answer that it does not expect), and undici ends the connection at it. Only the beginning of each answer is
 * looked at, so a body may hold anything.
 */
export function skipContinue(socket: Socket): void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  const write = socket.write.bind(socket) as (...chunk: unknown[]) => boolean;
  /** Whether the next bytes begin an answer: nothing has come since the last request was written. */
  let isBeginning = false;
  let held: Buffer | undefined;
  socket.write = (...chunk: unknown[]): boolean => {
    isBeginning = true;
    return write(...chunk);
  };
  socket.read = (size?: number): Buffer | null => {
    // Node itself calls read(0), which takes nothing, to go on receiving.
    if (size !== undefined) return read(size);
    for (;;) {
      const bytes = read();
      if (!isBeginning || bytes === null) return bytes;
      const received = withoutContinue(held === undefined ? bytes : Buffer.concat([held, bytes]));
      held = received.isComplete ? undefined : received.bytes;
      if (!received.isComplete) continue;
      isBeginning = false;
      return received.bytes;
    }
  };
}

/** The bytes without interim answers at their beginning. Incomplete while they may be, or are, the beginning of one. */
function withoutContinue(bytes: Buffer): { readonly bytes: Buffer; readonly isComplete: boolean } {
  let rest = bytes;
  for (;;) {
    const status = rest.toString('latin1', 0, statusLength);
    const isContinue = /^HTTP\/1\.[01] 100$/.test(status);
    if (!isContinue) return { bytes: rest, isComplete: !isBeginningOfStatus(status) };
    const head = continueHead.exec(rest.toString('latin1', 0, maxHeadBytes))?.[0];
    if (head === undefined) return { bytes: rest, isComplete: rest.length >= maxHeadBytes };
    rest = rest.subarray(head.length);
  }
}

/** Whether these few bytes, or none, may become the status of an interim answer. */
function isBeginningOfStatus(text: string): boolean {
  return ['HTTP/1.1 100', 'HTTP/1.0 100'].some((status) => text.length < status.length && status.startsWith(text));
}
