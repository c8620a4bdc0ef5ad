import type { Cleanup } from '../bench.js';
import type { Generator } from './generator.js';
import { startProgram, type Program } from './program.js';
import type { Sink } from './sink.js';

/** The generator and the sink of a hub. */
export interface Traffic {
  readonly generator: Program<Generator>;
  readonly sink: Program<Sink>;
  /** The number of connections of the generator. */
  readonly connections: number;
}

export type OpenSink = Awaited<ReturnType<typeof openSink>>;

/** Starts a partner that accepts all events, in a separate process. */
export async function openSink(cleanup: Cleanup) {
  const sink = startProgram<Sink>('sink');
  cleanup.add('a sink', sink.stop);
  return { sink, url: await sink.call('listen') };
}

/** Starts a sender of prepared request bodies, in a separate process. `eventBytes`: the mean bytes of JSON of an event. */
export async function openGenerator(cleanup: Cleanup, bodies: Parameters<Generator['prepare']>[0]) {
  const generator = startProgram<Generator>('generator');
  cleanup.add('a generator', generator.stop);
  return { generator, ...(await generator.call('prepare', bodies)) };
}
