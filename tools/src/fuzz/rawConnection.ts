import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  /** The first characters of the body. */
  readonly text: string;
  /** Bytes of head and body. */
  readonly bytes: number;
}

const maxShown = 64 * 1024;

/** A connection that sends any bytes, and reads HTTP answers strictly. Connects again when it has been closed. */
export function openRawConnection(url: string, timeoutMs: number) {
  const { hostname, port } = new URL(url);
  let socket: Socket | undefined;

  /**
   * Sends a request and returns its answer; undefined when the server closes the connection without one. After an
   * incomplete request the client's side is closed, so that the server does not wait. Rejects when nothing happens in time.
   */
  function exchange(bytes: Buffer, isWhole: boolean): Promise<Answer | undefined> {
    const isHead = bytes.toString('latin1', 0, 5) === 'HEAD ';
    const own = (socket ??= connect(Number(port), hostname).setNoDelay(true));
    return new Promise((resolve, reject) => {
      let received: Buffer = Buffer.alloc(0);
      const finish = (answer: Answer | undefined, keep: boolean, error?: Error): void => {
        own.removeAllListeners();
        own.setTimeout(0).on('error', () => undefined);
        if (!keep) {
          own.destroy();
          socket = undefined;
        }
        if (error) reject(error);
        else resolve(answer);
      };
      own.setTimeout(timeoutMs, () => finish(undefined, false, new Error('no answer in time')));
      own.on('error', () => finish(undefined, false));
      own.on('close', () => finish(undefined, false));
      own.on('data', (chunk: Buffer) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        let answer;
        try {
          answer = readAnswer(received, isHead);
        } catch (error) {
          return finish(undefined, false, error as Error);
        }
        if (answer) finish(answer, isWhole && !answer.isLast);
      });
      own.write(bytes);
      if (!isWhole) own.end();
    });
  }

  return { exchange, close: () => socket?.destroy() };
}

/** The first final answer in these bytes; undefined while it is incomplete. Throws when it is not HTTP. */
function readAnswer(received: Buffer, isHead: boolean): (Answer & { readonly isLast: boolean }) | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = received.toString('latin1', 0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(`${head} `)?.[1]);
  if (!(status >= 100)) throw new Error(`expected an HTTP answer, got ${JSON.stringify(head.slice(0, 80))}`);
  if (status < 200) return readAnswer(received.subarray(end + 4), isHead);
  const isLast = /^connection: close$/im.test(head);
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  const body = received.subarray(end + 4);
  if (isHead) return { status, text: '', bytes: received.length, isLast };
  if (length === undefined) {
    const isChunked = /^transfer-encoding: chunked$/im.test(head);
    if (isChunked && !body.toString('latin1', Math.max(0, body.length - 7)).endsWith('0\r\n\r\n')) return undefined;
    return { status, text: body.toString('utf8', 0, maxShown), bytes: received.length, isLast };
  }
  if (body.length < Number(length) && !isLast) return undefined;
  return { status, text: body.toString('utf8', 0, maxShown), bytes: received.length, isLast };
}
