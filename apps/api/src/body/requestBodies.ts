import type { IncomingMessage } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { Refusal } from '../problem.js';
import { createByteBudget, type ByteBudget } from './byteBudget.js';
import { bodyTooLarge, clientGone, tooBusy, tooSlow } from './bodyRefusals.js';
import { decompressBody } from './decompressBody.js';

export interface RequestBodiesOptions {
  /** Bytes of all requests that are being read, decompressed and parsed, over all endpoints. */
  readonly maxBytes: number;
  /** A sender that delivers fewer than `minBytes` in a period of `periodMs` is cut off, unless that completes its body. */
  readonly minRate?: { readonly minBytes: number; readonly periodMs: number };
}

/** About 4 KB a second. */
const defaultMinRate = { minBytes: 20_000, periodMs: 5_000 };

/** A body beyond its limit is read and discarded up to this size: simple clients read the answer only after sending the whole body. */
const maxDrainedBytes = 100 * 1024 * 1024;

/** The bytes of a body, which count towards the budget until they are released. */
export class HeldBody {
  #held: number;

  constructor(
    public bytes: Buffer,
    readonly budget: ByteBudget,
  ) {
    this.#held = bytes.length;
  }

  /** Reserves bytes beside those of the body. */
  reserve(bytes: number): boolean {
    if (!this.budget.take(bytes, this.#held)) return false;
    this.#held += bytes;
    return true;
  }

  /** Replaces the body; what was held beyond its length is given back. */
  replace(bytes: Buffer): void {
    this.bytes = bytes;
    this.#giveAllBut(bytes.length);
  }

  /** Gives everything back. May be called again. */
  release(): void {
    this.bytes = empty;
    this.#giveAllBut(0);
  }

  #giveAllBut(bytes: number): void {
    this.budget.give(this.#held - bytes);
    this.#held = bytes;
  }
}

const empty = Buffer.alloc(0);

/** Why a body was not read to its end. */
export class BodyRefused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.detail);
    this.name = 'BodyRefused';
  }
}

export type RequestBodies = ReturnType<typeof createRequestBodies>;

/** Reads the bodies of all requests of this process, within one budget of bytes. */
export function createRequestBodies({ maxBytes, minRate = defaultMinRate }: RequestBodiesOptions) {
  const budget = createByteBudget(maxBytes);
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
        readAll(payload, limit.maxBytes, limit.budget ?? budget, reading, done);
      });
    },
    stop(): void {
      clearInterval(timer);
    },
  };
}

/** The body of a request whose scope has `readIn`. The request itself forgets it, as it is kept until its commit. */
export function takeBody(request: FastifyRequest, { budget }: Pick<RequestBodies, 'budget'>): HeldBody {
  const body = request.body instanceof HeldBody ? request.body : new HeldBody(empty, budget);
  request.body = undefined;
  return body;
}

/** Decompresses a body in place, to at most `maxBytes`; returns why it cannot be read, or undefined. */
export async function decompress(
  request: FastifyRequest,
  body: HeldBody,
  maxBytes: number,
): Promise<Refusal | undefined> {
  const bytes = await decompressBody(body.bytes, request.headers['content-encoding'], maxBytes, (size) =>
    body.reserve(size),
  );
  if (!Buffer.isBuffer(bytes)) return bytes;
  if (bytes !== body.bytes) body.replace(bytes);
  return undefined;
}

/** The refusal in an error of a scope with `readIn`, or undefined. */
export function bodyRefusal(error: FastifyError | BodyRefused): Refusal | undefined {
  return error instanceof BodyRefused ? error.refusal : undefined;
}

interface BodyReading {
  checkRate(minRate: { readonly minBytes: number }, isExcused: boolean): void;
}

function readAll(
  payload: IncomingMessage,
  maxBytes: number,
  budget: ByteBudget,
  reading: Set<BodyReading>,
  done: (error: Error | null, body?: HeldBody) => void,
): void {
  let chunks: Buffer[] = [];
  let held = 0;
  let bytes = 0;
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
    finish(new BodyRefused(refusal));
  }

  reading.add(self);
  payload.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxDrainedBytes) payload.destroy();
    if (isAnswered) return;
    if (bytes > maxBytes) forget();
    else if (budget.take(chunk.length, held)) {
      chunks.push(chunk);
      held += chunk.length;
    } else refuseWith(tooBusy);
  });
  payload.once('end', () => {
    if (isAnswered) return;
    if (bytes > maxBytes) return refuseWith(bodyTooLarge(maxBytes));
    // The body holds these bytes from here on.
    held = 0;
    finish(null, new HeldBody(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes), budget));
    chunks = [];
  });
  payload.once('error', () => refuseWith(clientGone));
  payload.once('close', () => refuseWith(clientGone));
}
