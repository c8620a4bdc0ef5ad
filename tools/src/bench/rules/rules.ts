import { choice, flag, number } from '../../options.js';
import { defineBench, queueKinds } from '../bench.js';
import { checkBalance } from '../hub/balance.js';
import { openHub, type Hub } from '../hub/openHub.js';
import { meanCost, warmUpRounds, type HubCost } from '../measures/meter.js';
import { measureThroughput, type Throughput } from '../measures/throughput.js';
import { openGenerator, openSink } from '../programs/open.js';
import { median, medianInterval } from '../reading/percentiles.js';
import { describeCpu } from '../report.js';

const connections = 64;
const maxRatio = 1.05;

/** Five rules of different kinds, for properties that most events of the bench have. The filter leaves none of them out. */
const fiveRules = {
  rules: [
    { filter: { field: 'app_group_id', values: ['internal', 'test'] } },
    { drop: { fields: ['email_address', 'ad_*'] } },
    { hash: { fields: ['device_model'] } },
    { truncate: { fields: ['campaign_name'], maxLength: 20 } },
    { rename: { field: 'message_variation_name', to: 'variation' } },
  ],
};

interface Side extends HubCost {
  readonly bytesOut: number;
}

interface Pair {
  readonly without: Side;
  readonly withRules: Side;
  /** CPU per event with rules divided by that without. */
  readonly ratio: number;
}

/** What field rules cost. */
export const rules = defineBench({
  name: 'npm run bench -- --only rules',
  summary: `Measures what five field rules of a Current cost: the CPU per event of a hub with and without them, in pairs of
rounds on the same processes. It ends all that it starts. Exit code 1 when the median of the ratios is above ${maxRatio}, the
rules change nothing, or a count is wrong. Linux only.`,
  options: {
    only: choice(['rules'], 'rules', 'this bench'),
    events: number(100_000, 1_000, 10_000_000, 'events of a round', 5_000),
    pairs: number(20, 1, 200, 'pairs of two rounds without and two with rules, in changing order', 1),
    requestEvents: number(100, 1, 5_000, 'events of a request; the platform sends up to 100'),
    seed: number(1, 0, 2 ** 31, 'seed of the events'),
    queue: choice(queueKinds, 'postgres', 'where the queue is'),
    quick: flag('one short pair'),
  },
  async run(given, { cleanup, folder, progress, print, fail }) {
    const target = await openSink(cleanup);
    progress('writing request bodies');
    const { generator } = await openGenerator(cleanup, given);
    progress(`starting a hub, queue in ${given.queue}`);
    const hub = await openHub({ queue: given.queue, sinkUrl: target.url, folder }, cleanup);
    if (!hub) throw new Error('there is no redis-server on this machine');
    const traffic = { generator, sink: target.sink, connections };
    let sent = 0;
    const flow = async (fieldRules: object | null): Promise<Throughput> => {
      await setRules(hub, fieldRules);
      const measured = await measureThroughput(hub, traffic, given.events);
      sent += measured.events;
      return measured;
    };

    progress('warming up');
    for (let round = 0; round < warmUpRounds; round++) for (const each of [null, fiveRules]) await flow(each);
    const pairs: Pair[] = [];
    for (let index = 0; index < given.pairs; index++) {
      const costs: Readonly<Record<'without' | 'withRules', Throughput[]>> = { without: [], withRules: [] };
      // Each side has a round early and one late, so that neither a trend nor what one round leaves to the next counts.
      const [outer, inner] =
        index % 2 === 0 ? (['without', 'withRules'] as const) : (['withRules', 'without'] as const);
      for (const side of [outer, inner, inner, outer])
        costs[side].push(await flow(side === 'without' ? null : fiveRules));
      const pair = pairOf(costs);
      pairs.push(pair);
      const { without, withRules, ratio } = pair;
      progress(`without ${describeCpu(without)}, with ${describeCpu(withRules)}, ratio ${ratio.toFixed(3)}`);
    }

    const balance = await checkBalance(hub, sent, (await target.sink.call('arrivals')).events);
    const troubles = await hub.troubles();
    const ratios = pairs.map(({ ratio }) => ratio);
    const [medianRatio, interval] = [median(ratios), medianInterval(ratios)];
    const bytes = (read: (pair: Pair) => Side): number => median(pairs.map((pair) => read(pair).bytesOut));
    const [bytesWithout, bytesWith] = [bytes(({ without }) => without), bytes(({ withRules }) => withRules)];
    const isMet = medianRatio <= maxRatio;
    const range = interval
      ? `95 % interval ${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}`
      : 'no 95 % interval with fewer than six pairs';
    print(`Five field rules, ${pairs.length} pairs of four rounds of ${given.events.toLocaleString('en-GB')} events:`);
    print(`  median ratio ${medianRatio.toFixed(3)}, ${range}  [target ≤ ${maxRatio}: ${isMet ? 'met' : 'MISSED'}]`);
    print(`  ${bytesWithout.toFixed(0)} bytes of an event without them, ${bytesWith.toFixed(0)} with them`);
    if (balance.balances) print(`  ledger balances: ${balance.sent} sent = ${balance.arrived} arrived`);
    if (troubles.length > 0)
      print(`  ${troubles.length} warnings in its log; the first: ${troubles[0]?.slice(0, 400)}`);
    if (!isMet) fail(`five field rules cost ${medianRatio.toFixed(3)}×`);
    if (bytesWith >= bytesWithout) fail('the rules did not make the events shorter');
    for (const fault of balance.faults) fail(fault);
    return { pairs, medianRatio, interval, bytesWithout, bytesWith, balance, troubles };
  },
});

function pairOf(costs: Readonly<Record<'without' | 'withRules', readonly Throughput[]>>): Pair {
  const sideOf = (rounds: readonly Throughput[]): Side => ({
    ...meanCost(rounds),
    bytesOut: rounds.reduce((sum, { bytesOut }) => sum + bytesOut, 0) / rounds.length,
  });
  const [without, withRules] = [sideOf(costs.without), sideOf(costs.withRules)];
  return { without, withRules, ratio: withRules.sumMicros / without.sumMicros };
}

async function setRules(
  { admin, currentId }: Pick<Hub, 'admin' | 'currentId'>,
  fieldRules: object | null,
): Promise<void> {
  await admin.run(
    `mutation ($input: UpdateCurrentInput!) {
      updateCurrent(input: $input) { __typename ... on Problem { message } }
    }`,
    { input: { id: `cur_${currentId}`, fieldRules } },
    'UpdateCurrentPayload',
  );
}
