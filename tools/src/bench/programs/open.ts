import type { Cleanup } from '../cleanup.js';
import type { Generator } from './generator.js';
import { startProgram, type Program } from './program.js';
import type { Sink } from './sink.js';

export interface OpenSink {
  readonly sink: Program<Sink>;
  readonly url: string;
}

/** Starts a partner that accepts everything, in a process of its own. */
export async function openSink(cleanup: Cleanup): Promise<OpenSink> {
  const sink = startProgram<Sink>('sink');
  cleanup.add('a sink', sink.stop);
  return { sink, url: await sink.call('listen') };
}

export interface OpenGenerator {
  readonly generator: Program<Generator>;
  /** The mean bytes of JSON of an event. */
  readonly eventBytes: number;
}

/** Starts a sender of ready-made request bodies, in a process of its own. */
export async function openGenerator(
  cleanup: Cleanup,
  bodies: Parameters<Generator['prepare']>[0],
): Promise<OpenGenerator> {
  const generator = startProgram<Generator>('generator');
  cleanup.add('a generator', generator.stop);
  return { generator, ...(await generator.call('prepare', bodies)) };
}
