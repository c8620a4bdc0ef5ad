import type { Hash } from 'node:crypto';
import { readInSteps, type BodyFormat, type ReadingInSteps } from '@currents/schema';
import { openBatchPacker, type BatchPacker } from '../batch/batchPacker.js';
import { runInSteps } from '../process/runInSteps.js';

interface LongBody {
  readonly chunks: Buffer[];
  readonly format: BodyFormat;
}

interface LongReading {
  readonly reading: ReadingInSteps;
  /** The accepted events as the content of a batch; empty if there are none. */
  readonly content: Buffer;
}

const bytesPerStep = 1024 * 1024;

/**
 * Reads long bodies, in steps, one at a time: all are gathered in the same memory, which grows to the longest and is kept,
 * because the first use of new memory costs more than the reading of what is in it. The accepted events are packed
 * while the body is read, so nothing of the memory is needed after that.
 */
export function createLongBodyReader({ maxEvents }: { readonly maxEvents: number }) {
  let memory: Buffer = empty;

  function* gather(chunks: Buffer[], hash: Hash): Generator<undefined, Buffer> {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (memory.length < length) memory = Buffer.allocUnsafeSlow(length);
    let at = 0;
    let pauseAt = bytesPerStep;
    for (const [index, chunk] of chunks.entries()) {
      hash.update(chunk);
      at += chunk.copy(memory, at);
      chunks[index] = empty;
      if (at < pauseAt) continue;
      pauseAt = at + bytesPerStep;
      yield undefined;
    }
    return memory.subarray(0, length);
  }

  function* read(
    { chunks, format }: LongBody,
    hash: Hash,
    packer: BatchPacker,
  ): Generator<Promise<void> | undefined, ReadingInSteps> {
    const bytes = yield* gather(chunks, hash);
    const onAccepted = packer.add;
    const steps = readInSteps(bytes, format, { maxEvents, onAccepted, withFingerprints: true });
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value;
      yield packer.busy();
    }
  }

  return async (body: LongBody, hash: Hash): Promise<LongReading> => {
    const packer = openBatchPacker();
    try {
      const reading = await runInSteps(read(body, hash, packer));
      const isEmpty = 'unreadable' in reading || reading.types.length === 0;
      return { reading, content: isEmpty ? empty : await packer.finish() };
    } finally {
      packer.close();
    }
  };
}

const empty = Buffer.alloc(0);
