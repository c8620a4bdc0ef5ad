import type { Cleanup } from '../bench.js';
import type { Generator } from '../programs/generator.js';
import { openGenerator } from '../programs/open.js';
import type { Program } from '../programs/program.js';

export type Generators = ReturnType<typeof createGenerators>;

/** The senders of all cells, one for each size of request, started when it is first needed. */
export function createGenerators(cleanup: Cleanup, seed: number) {
  const opened = new Map<number, Promise<Program<Generator>>>();
  return {
    of(requestEvents: number): Promise<Program<Generator>> {
      const generator =
        opened.get(requestEvents) ?? openGenerator(cleanup, { seed, requestEvents }).then((open) => open.generator);
      opened.set(requestEvents, generator);
      return generator;
    },
    /** Ends them all: after a failure, requests may still be under way. The next use starts new ones. */
    async renew(): Promise<void> {
      const former = [...opened.values()];
      opened.clear();
      for (const generator of await Promise.allSettled(former))
        if (generator.status === 'fulfilled') await generator.value.stop();
    },
  };
}
