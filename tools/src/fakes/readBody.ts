import type { IncomingMessage } from 'node:http';

interface ReadBody {
  readonly kind: 'complete' | 'aborted' | 'tooLarge';
  readonly body: Uint8Array;
}

/** Reads the raw body of a request, with `bytesPerSecond` at most at that rate. */
export function readBody(request: IncomingMessage, limitBytes: number, bytesPerSecond?: number): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (kind: ReadBody['kind']): void => {
      resolve({ kind, body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) });
    };
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limitBytes) {
        request.pause();
        settle('tooLarge');
      } else if (bytesPerSecond !== undefined) {
        request.pause();
        setTimeout(() => request.resume(), (chunk.length / bytesPerSecond) * 1000).unref();
      }
    });
    request.on('end', () => settle('complete'));
    request.on('error', () => settle('aborted'));
    request.on('close', () => settle('aborted'));
  });
}
