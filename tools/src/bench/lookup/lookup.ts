import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { choice, flag, number } from '../../options.js';
import { defineBench, inScope, queueKinds } from '../bench.js';
import { openHub } from '../hub/openHub.js';
import { openGenerator, openSink } from '../programs/open.js';
import { describeLookup } from './describeLookup.js';
import { measureLookup } from './measureLookup.js';

const connections = 64;

/** How the hub is filled. With one connection to an api no two of its requests share a commit, so each is a batch of its own. */
const layouts = {
  '100': { requestEvents: 100, fillApis: 1, fillConnections: 64 },
  '10': { requestEvents: 10, fillApis: 6, fillConnections: 1 },
} as const;
type Layout = keyof typeof layouts;
const layoutNames: readonly Layout[] = ['100', '10'];

/** Look-ups beside live events. */
export const lookup = defineBench({
  name: 'npm run bench -- --only lookup',
  summary: `Measures how long it takes to find an event by its id, its user or its device, over the GraphQL API, while live events
come in: events that are there and that are not, old and new ones. Two hubs take turns. One is filled by many senders with
a hundred events a request, so that its batches hold thousands; the other with ten, by one sender to each of six apis, so
that each request is a batch of its own. All is stored by the ingest and delivered; then SQL moves it to earlier days, and
workers merge its fingerprints. Answers are compared with what the batches hold. At the end the command line finds some. It
ends all that it starts. Exit code 1 when an answer is wrong or the ledger does not balance. Linux only.`,
  options: {
    only: choice(['lookup'], 'lookup', 'this bench'),
    events: number(10_000_000, 1_000, 100_000_000, 'stored events before the first look-up', 20_000),
    days: number(14, 1, 30, 'days that they are spread over', 3),
    requestEvents: choice([...layoutNames, 'both'], 'both', 'events of a request'),
    rate: number(10_000, 100, 100_000, 'live events a second', 500),
    lookups: number(200, 1, 100_000, 'look-ups of each kind', 5),
    seed: number(1, 0, 2 ** 31, 'seed of the events'),
    queue: choice(queueKinds, 'postgres', 'where the queue is'),
    quick: flag('few events, and few look-ups'),
  },
  async run(given, stage) {
    const names = layoutNames.filter((name) => [name, 'both'].includes(given.requestEvents));
    const results: Partial<Record<Layout, Awaited<ReturnType<typeof measureLookup>>>> = {};
    for (const name of names) {
      const { requestEvents, ...fill } = layouts[name];
      const measured = await inScope(stage.cleanup, `the hub with ${name} events a request`, async (cleanup) => {
        const target = await openSink(cleanup);
        stage.progress(`starting a hub, queue in ${given.queue}; ${name} events a request`);
        const { generator } = await openGenerator(cleanup, { seed: given.seed, requestEvents });
        const folder = join(stage.folder, name);
        await mkdir(folder, { recursive: true });
        const hub = await openHub({ queue: given.queue, sinkUrl: target.url, folder }, cleanup);
        if (!hub) throw new Error('there is no redis-server on this machine');
        const traffic = { generator, sink: target.sink, connections };
        return measureLookup(hub, traffic, { ...given, ...fill }, stage.progress);
      });
      results[name] = measured;
      for (const line of describeLookup(`${name} events a request`, given, measured)) stage.print(line);
      for (const fault of measured.faults.slice(0, 20)) stage.fail(fault);
    }
    return { layouts: results };
  },
});
