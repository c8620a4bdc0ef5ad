import type { FastifyReply } from 'fastify';

/** Proxies end connections on which nothing comes for a while, many after 30 to 60 s. */
const heartbeatMs = 10_000;
/** A reader who takes nothing for so long is disconnected. */
const stalledMs = 30_000;

/** A response of server-sent events (WHATWG HTML, 9.2). */
export interface EventStream {
  /** Resolves once the reader has room for more: true, or false when the stream has ended. At most one at a time. */
  send(event: string, data: string): Promise<boolean>;
  end(): void;
}

/** Answers a request with a stream. @param onEnd called once, when either side ends it. */
export function openEventStream(reply: FastifyReply, onEnd: () => void): EventStream {
  const { raw } = reply;
  let isWriting = false;
  reply.hijack();
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // nginx gathers answers otherwise.
    'x-accel-buffering': 'no',
  });
  raw.flushHeaders();
  const heartbeat = setInterval(() => {
    if (!isWriting) void write(':\n\n');
  }, heartbeatMs);
  // A connection that was reset: the stream has ended, and there is nothing to do about it.
  raw.on('error', () => undefined);
  raw.once('close', () => {
    clearInterval(heartbeat);
    onEnd();
  });

  async function write(text: string): Promise<boolean> {
    if (raw.writableEnded || raw.destroyed) return false;
    if (raw.write(text)) return true;
    isWriting = true;
    const isDrained = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => done(false), stalledMs);
      const done = (drained: boolean): void => {
        clearTimeout(timer);
        raw.off('drain', onDrain).off('close', onClose);
        resolve(drained);
      };
      const onDrain = (): void => done(true);
      const onClose = (): void => done(false);
      raw.once('drain', onDrain).once('close', onClose);
    });
    isWriting = false;
    if (!isDrained) raw.destroy();
    return isDrained;
  }

  return {
    send: (event, data) => write(`event: ${event}\ndata: ${data}\n\n`),
    end: () => void raw.end(),
  };
}
