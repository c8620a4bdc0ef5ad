import type { IncomingMessage } from 'node:http';
import type { ReadTurns } from './readTurns.js';

export interface DiscardLimits {
  /** Bytes of each body that do not count towards `bytesPerSecond`: all of a small body. */
  readonly freeBytes: number;
  /** What all bodies together may have discarded in a second. */
  readonly bytesPerSecond: number;
  /** The connection of a body that is longer, or takes longer, is closed. */
  readonly maxBytes: number;
  readonly maxMs: number;
  /** Bodies that are discarded at once; each holds 64 KB that it has read ahead. Beyond, the oldest connection is closed. */
  readonly maxBodies: number;
}

export const defaultDiscardLimits: DiscardLimits = {
  freeBytes: 64 * 1024,
  bytesPerSecond: 8 * 1024 * 1024,
  maxBytes: 100 * 1024 * 1024,
  maxMs: 30_000,
  maxBodies: 200,
};

/** How often bodies that wait are resumed. */
const periodMs = 20;
/** What a body may have discarded each time that it is resumed. */
const quantumBytes = 64 * 1024;

export type Discard = ReturnType<typeof createDiscard>;

/**
 * Lingering close, as nginx's: the rest of a body that was answered early is read and discarded, because simple clients
 * read the answer only after sending the whole body. That is work without use, so all such bodies share a rate, in round
 * robin, and the connection of one that goes on for too long is closed.
 */
export function createDiscard(turns: ReadTurns, limits: DiscardLimits = defaultDiscardLimits) {
  const bytesPerPeriod = (limits.bytesPerSecond * periodMs) / 1_000;
  const started = new WeakSet<IncomingMessage>();
  /** Oldest first. Each entry ends the discarding of a body and closes its connection. */
  const open = new Set<() => void>();
  const waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let creditBytes = 0;

  function resumeSome(): void {
    // What was not used in the last period does not add up.
    creditBytes = Math.min(creditBytes, 0) + bytesPerPeriod;
    while (creditBytes > 0 && waiting.length > 0) {
      creditBytes -= quantumBytes;
      waiting.shift()?.();
    }
    timer = waiting.length > 0 ? setTimeout(resumeSome, periodMs).unref() : undefined;
  }

  function resumeLater(resume: () => void): void {
    waiting.push(resume);
    timer ??= setTimeout(resumeSome, periodMs).unref();
  }

  return {
    /** Bodies that are being discarded now. */
    get openCount() {
      return open.size;
    },
    /** Discards all that comes of a body. May be called again. */
    start(body: IncomingMessage): void {
      if (started.has(body)) return;
      started.add(body);
      const { socket } = body;
      let bytes = 0;
      let creditOfBody = limits.freeBytes;
      const forget = (): void => {
        open.delete(close);
        clearTimeout(deadline);
        // The next request of the connection may be refused, too.
        socket.off('close', forget);
      };
      const close = (): void => {
        forget();
        socket.destroy();
      };
      const deadline = setTimeout(close, limits.maxMs).unref();
      open.add(close);
      body.once('end', forget);
      socket.once('close', forget);
      // An error means that the client closed the connection.
      body.on('error', () => undefined);
      body.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        creditOfBody -= chunk.length;
        if (bytes > limits.maxBytes) close();
        else if (creditOfBody > 0) turns.count(body, chunk.length);
        else {
          body.pause();
          resumeLater(() => {
            creditOfBody += quantumBytes;
            body.resume();
          });
        }
      });
      if (open.size > limits.maxBodies) [...open].at(0)?.();
    },
    /** Closes the connections of all bodies that are being discarded. */
    stop(): void {
      for (const close of open) close();
    },
  };
}
