import { startOtlpCollector } from '../../fakes/otlpCollector.js';
import { choice, flag, number } from '../../options.js';
import { defineBench, queueKinds } from '../bench.js';
import { comparePairs, thisCheckout, type Checkout } from '../compare.js';
import { openHub } from '../hub/openHub.js';

const maxRatio = 1.05;
/** The share of requests that is sampled by default. */
const share = '0.01';

/** What traces cost. */
export const traces = defineBench({
  name: 'npm run bench -- --only traces',
  summary: `Measures what traces of 1 % of the requests cost: the CPU per event of a hub that sends them to a collector, and of
one that does not, in pairs of new processes that take turns. It ends all that it starts. Exit code 1 when the median of the
ratios is above ${maxRatio}, no span arrived, or a ledger does not balance. Linux only.`,
  options: {
    only: choice(['traces'], 'traces', 'this bench'),
    events: number(200_000, 1_000, 10_000_000, 'events of a hub in its measured rounds', 5_000),
    pairs: number(10, 1, 100, 'pairs of new hubs', 1),
    connections: number(64, 1, 1_000, 'connections of the sender'),
    requestEvents: number(100, 1, 5_000, 'events of a request; the platform sends up to 100'),
    seed: number(1, 0, 2 ** 31, 'seed of the events'),
    queue: choice(queueKinds, 'postgres', 'where the queue is'),
    quick: flag('one short pair'),
  },
  async run(given, stage) {
    const collector = await startOtlpCollector();
    stage.cleanup.add('a collector of traces', collector.close);
    const variables = {
      TRACES_ENABLED: 'true',
      OTEL_TRACES_SAMPLER_ARG: share,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    };
    const without: Checkout = { ...thisCheckout, name: 'base' };
    const withTraces: Checkout = {
      ...thisCheckout,
      openHub: (options, cleanup) => openHub({ ...options, variables }, cleanup),
    };
    stage.print('The base sends no traces; "this" sends those of 1 % of the requests.');
    const { comparisons } = await comparePairs([without, withTraces], given, stage);
    stage.print(`  ${collector.spans.length} spans arrived`);
    if (collector.spans.length === 0) stage.fail('no span arrived');
    for (const complaint of collector.complaints.slice(0, 5)) stage.fail(complaint);
    for (const { medianRatio } of Object.values(comparisons))
      if (medianRatio > maxRatio) stage.fail(`traces cost ${medianRatio.toFixed(3)}×, more than ${maxRatio}`);
    return { comparisons, spans: collector.spans.length };
  },
});
