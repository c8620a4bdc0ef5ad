import type { IncomingMessage } from 'node:http';
import { httpProblems } from '@currents/core';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { Refusal } from '../problem.js';
import { createByteBudget, type ByteBudget } from './byteBudget.js';
import { bodyTooLarge, clientGone, tooBusy, tooSlow } from './bodyRefusals.js';
import { decompressBody } from './decompressBody.js';
import { createDiscard, type Discard, type DiscardLimits } from './discard.js';
import { createReadTurns, type ReadTurns } from './readTurns.js';

export interface RequestBodiesOptions {
  /** Bytes of all requests that are being read, decompressed and parsed, over all endpoints. */
  readonly maxBytes: number;
  /** A sender that delivers fewer than `minBytes` in a period of `periodMs` is cut off, unless that completes its body. */
  readonly minRate?: { readonly minBytes: number; readonly periodMs: number };
  readonly discardLimits?: DiscardLimits;
}

/** About 4 KB a second. */
const defaultMinRate = { minBytes: 20_000, periodMs: 5_000 };

/** A body whose head states at most this is read at once: it comes in a few pieces, and turns cost more than it does. */
const shortBytes = 256 * 1024;

/** The bytes of a body, which count towards the budget until they are released. */
export class HeldBody {
  #chunks: Buffer[];
  #held: number;

  constructor(
    chunks: Buffer[],
    readonly budget: ByteBudget,
  ) {
    this.#chunks = chunks;
    this.#held = lengthOf(chunks);
  }

  /** The bytes as they came. The list is emptied when they are released; its reader may let go of each before that. */
  get chunks(): Buffer[] {
    return this.#chunks;
  }

  get length(): number {
    return lengthOf(this.#chunks);
  }

  /** The bytes in one piece, for bodies that are not long: a long one takes time and memory for a copy. */
  get bytes(): Buffer {
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
  }

  /** Reserves bytes beside those of the body. */
  reserve(bytes: number): boolean {
    if (!this.budget.take(bytes, this.#held)) return false;
    this.#held += bytes;
    return true;
  }

  /** Replaces the body; what was held beyond its length is given back. */
  replace(chunks: Buffer[]): void {
    this.#chunks = chunks;
    this.#giveAllBut(lengthOf(chunks));
  }

  /** Gives everything back. May be called again. */
  release(): void {
    this.#chunks.length = 0;
    this.#giveAllBut(0);
  }

  #giveAllBut(bytes: number): void {
    this.budget.give(this.#held - bytes);
    this.#held = bytes;
  }
}

function lengthOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

/** Why a body was not read to its end. */
export class BodyRefused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.detail);
    this.name = 'BodyRefused';
  }
}

export type RequestBodies = ReturnType<typeof createRequestBodies>;

/** Reads the bodies of all requests of this process, within one budget of bytes. */
export function createRequestBodies({ maxBytes, minRate = defaultMinRate, discardLimits }: RequestBodiesOptions) {
  const budget = createByteBudget(maxBytes);
  const turns = createReadTurns();
  const discard = createDiscard(turns, discardLimits);
  const reading = new Set<BodyReading>();
  let checkedAtMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    // A process that was itself busy for this long cannot blame its senders.
    const isLate = nowMs - checkedAtMs > 1.5 * minRate.periodMs;
    checkedAtMs = nowMs;
    for (const body of [...reading]) body.checkRate(minRate, isLate);
  }, minRate.periodMs);
  timer.unref();

  return {
    budget,
    /** Bodies being read now. */
    get readingCount() {
      return reading.size;
    },
    /** Bodies being discarded now. */
    get discardedCount() {
      return discard.openCount;
    },
    /**
     * Makes a scope read every body into a `HeldBody`, whatever its content type. The caller of `takeBody` has to
     * release it. The scope's error handler gets a `BodyRefused`.
     */
    readIn(
      scope: FastifyInstance,
      limitOf: (request: FastifyRequest) => { readonly maxBytes: number; readonly budget?: ByteBudget },
    ): void {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (request, payload, done) => {
        const limit = limitOf(request);
        readAll(payload, { maxBytes: limit.maxBytes, budget: limit.budget ?? budget, reading, turns, discard }, done);
      });
    },
    /** Discards, within limits, the bodies of requests that are answered before they have been read. */
    discardUnread(app: FastifyInstance): void {
      app.addHook('onSend', (request, reply, _payload, next) => {
        if (hasBody(request) && !request.raw.complete && reply.statusCode !== httpProblems.REQUEST_TIMEOUT) {
          discard.start(request.raw);
          // Fastify sets it for a body that is not read. The client could then lose the answer: it has yet to read it.
          reply.removeHeader('connection');
        }
        next();
      });
      app.addHook('preClose', async () => discard.stop());
    },
    stop(): void {
      clearInterval(timer);
    },
  };
}

/** The body of a request whose scope has `readIn`. The request itself forgets it, as it is kept until its commit. */
export function takeBody(request: FastifyRequest, { budget }: Pick<RequestBodies, 'budget'>): HeldBody {
  const body = request.body instanceof HeldBody ? request.body : new HeldBody([], budget);
  request.body = undefined;
  return body;
}

/** Decompresses a body in place, to at most `maxBytes`; returns why it cannot be read, or undefined. */
export async function decompress(
  request: FastifyRequest,
  body: HeldBody,
  maxBytes: number,
): Promise<Refusal | undefined> {
  const chunks = await decompressBody(body.chunks, request.headers['content-encoding'], maxBytes, (size) =>
    body.reserve(size),
  );
  if (!Array.isArray(chunks)) return chunks;
  if (chunks !== body.chunks) body.replace(chunks);
  return undefined;
}

/** The refusal in an error of a scope with `readIn`, or undefined. */
export function bodyRefusal(error: FastifyError | BodyRefused): Refusal | undefined {
  return error instanceof BodyRefused ? error.refusal : undefined;
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

interface BodyReading {
  checkRate(minRate: { readonly minBytes: number }, isExcused: boolean): void;
}

interface Reading {
  readonly maxBytes: number;
  readonly budget: ByteBudget;
  /** Where a body is while it is read. */
  readonly reading: Set<BodyReading>;
  readonly turns: ReadTurns;
  readonly discard: Discard;
}

function readAll(
  payload: IncomingMessage,
  { maxBytes, budget, reading, turns, discard }: Reading,
  done: (error: Error | null, body?: HeldBody) => void,
): void {
  let chunks: Buffer[] = [];
  let held = 0;
  let bytes = 0;
  const statedBytes = Number(payload.headers['content-length'] ?? 0);
  const isShort = statedBytes > 0 && statedBytes <= shortBytes;
  let checkedBytes = -1;
  let isAnswered = false;
  const self: BodyReading = {
    checkRate({ minBytes }, isExcused) {
      // Its first period may have begun a moment ago.
      if (checkedBytes >= 0 && bytes - checkedBytes < minBytes && !isExcused) refuseWith(tooSlow);
      checkedBytes = bytes;
    },
  };

  function finish(error: Error | null, body?: HeldBody): void {
    if (isAnswered) return;
    isAnswered = true;
    reading.delete(self);
    done(error, body);
  }

  function forget(): void {
    chunks = [];
    budget.give(held);
    held = 0;
  }

  /** What still comes is discarded. */
  function refuseWith(refusal: Refusal): void {
    if (isAnswered) return;
    forget();
    discard.start(payload);
    finish(new BodyRefused(refusal));
  }

  /**
   * By what the head states, so that little is read in vain. Only what has arrived counts towards the budget: otherwise
   * slow senders would keep others out.
   */
  function refusalOfRest(): Refusal | undefined {
    if (statedBytes > maxBytes || bytes > maxBytes) return bodyTooLarge(maxBytes);
    return budget.hasRoom(Math.max(0, statedBytes - bytes), held) ? undefined : tooBusy;
  }

  const refusal = refusalOfRest();
  if (refusal) return refuseWith(refusal);
  reading.add(self);
  payload.on('data', (chunk: Buffer) => {
    if (isAnswered) return;
    bytes += chunk.length;
    if (!budget.take(chunk.length, held)) return refuseWith(bytes > maxBytes ? bodyTooLarge(maxBytes) : tooBusy);
    chunks.push(chunk);
    held += chunk.length;
    const refusal = refusalOfRest();
    if (refusal) refuseWith(refusal);
    else if (!isShort) turns.count(payload, chunk.length);
  });
  payload.once('end', () => {
    if (isAnswered) return;
    // The body holds these bytes from here on.
    held = 0;
    finish(null, new HeldBody(chunks, budget));
    chunks = [];
  });
  payload.once('error', () => refuseWith(clientGone));
  payload.once('close', () => refuseWith(clientGone));
}
