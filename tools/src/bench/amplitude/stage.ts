import type { Cleanup } from '../cleanup.js';
import { openHub, type Hub } from '../hub/openHub.js';
import type { Generator } from '../programs/generator.js';
import { startProgram, type Program } from '../programs/program.js';
import type { Sink } from '../programs/sink.js';
import type { Options } from './options.js';

/** What every measurement here works with. */
export interface Stage {
  readonly options: Options;
  readonly folder: string;
  readonly cleanup: Cleanup;
  /** Says on standard error what is going on. */
  say(text: string): void;
}

export const connections = 64;

/** A hub without any Current yet. */
export async function openEmptyHub({ options: { queue }, folder, cleanup }: Stage): Promise<Hub> {
  const hub = await openHub({ queue, sinkUrl: undefined, folder, profileFolder: undefined }, cleanup);
  if (!hub) throw new Error('there is no redis-server on this machine');
  return hub;
}

/** A partner that takes everything, in a process of its own. */
export async function openSink(cleanup: Cleanup): Promise<{ readonly sink: Program<Sink>; readonly url: string }> {
  const sink = startProgram<Sink>('sink');
  cleanup.add('a sink', sink.stop);
  return { sink, url: await sink.call('listen') };
}

/** A sender of ready-made bodies. */
export async function openGenerator(
  cleanup: Cleanup,
  bodies: Parameters<Generator['prepare']>[0],
): Promise<Program<Generator>> {
  const generator = startProgram<Generator>('generator');
  cleanup.add('a generator', generator.stop);
  await generator.call('prepare', bodies);
  return generator;
}
