import type { ServerResponse } from 'node:http';
import type { Answer } from './exchange.js';

/** Sends a whole response, or spreads its body over time. */
export function sendAnswer(response: ServerResponse, answer: Answer, dateMs: number, bytesPerSecond?: number): void {
  const body = Buffer.from(answer.body, 'utf8');
  writeHead(response, answer, dateMs, body.length);
  if (bytesPerSecond === undefined) response.end(body);
  else trickle(response, body, bytesPerSecond);
}

/** Announces the whole body, sends `sentBytes` of it (default: half) and closes the connection. */
export function sendTruncated(response: ServerResponse, answer: Answer, dateMs: number, sentBytes?: number): void {
  const body = Buffer.from(answer.body, 'utf8');
  const part = body.subarray(0, Math.min(sentBytes ?? Math.floor(body.length / 2), Math.max(body.length - 1, 0)));
  // An empty response announces one byte, so that its body is incomplete.
  writeHead(response, answer, dateMs, Math.max(body.length, 1));
  response.flushHeaders();
  const close = (): void => void response.socket?.end();
  if (part.length === 0) setImmediate(close);
  else response.write(part, close);
}

function writeHead(response: ServerResponse, answer: Answer, dateMs: number, contentLength: number): void {
  response.sendDate = false;
  response.writeHead(answer.status, {
    date: new Date(dateMs).toUTCString(),
    ...(answer.contentType === '' ? {} : { 'content-type': answer.contentType }),
    'content-length': contentLength,
    ...answer.headers,
  });
}

function trickle(response: ServerResponse, body: Buffer, bytesPerSecond: number): void {
  response.flushHeaders();
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < body.length && !response.destroyed) {
      response.write(body.subarray(sent, sent + 1));
      sent++;
      return;
    }
    clearInterval(timer);
    response.end();
  }, 1000 / bytesPerSecond);
  timer.unref();
}
