import { choice, flag, number } from '../../options.js';
import { defineBench, queueKinds } from '../bench.js';
import { comparePairs, thisCheckout, type Checkout } from '../compare.js';
import { openHub, type Hub } from '../hub/openHub.js';
import { median } from '../reading/percentiles.js';

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

/** What field rules cost. */
export const rules = defineBench({
  name: 'npm run bench -- --only rules',
  summary: `Measures what five field rules of a Current cost: the CPU per event of a hub with and of one without them, in pairs
of new processes that take turns. It ends all that it starts. Exit code 1 when the median of the ratios is above ${maxRatio}, the
rules change nothing, or a count is wrong. Linux only.`,
  options: {
    only: choice(['rules'], 'rules', 'this bench'),
    events: number(200_000, 1_000, 10_000_000, 'events of a hub in its measured rounds', 5_000),
    pairs: number(16, 1, 200, 'pairs of new hubs', 1),
    connections: number(64, 1, 1_000, 'connections of the sender'),
    requestEvents: number(100, 1, 5_000, 'events of a request; the platform sends up to 100'),
    seed: number(1, 0, 2 ** 31, 'seed of the events'),
    queue: choice(queueKinds, 'postgres', 'where the queue is'),
    quick: flag('one short pair'),
  },
  async run(given, stage) {
    const without: Checkout = { ...thisCheckout, name: 'base' };
    const withRules: Checkout = {
      ...thisCheckout,
      async openHub(options, cleanup) {
        const hub = await openHub(options, cleanup);
        if (hub) await setRules(hub, fiveRules);
        return hub;
      },
    };
    stage.print('The Current of the base has no rules; that of "this" has five.');
    const { comparisons } = await comparePairs([without, withRules], given, stage);
    for (const { medianRatio, pairs } of Object.values(comparisons)) {
      const [bytesWithout, bytesWith] = (['base', 'this'] as const).map((side) =>
        median(pairs.map((pair) => pair[side].bytesOut)),
      ) as [number, number];
      stage.print(`  ${bytesWithout.toFixed(0)} bytes of an event without them, ${bytesWith.toFixed(0)} with them`);
      if (medianRatio > maxRatio) stage.fail(`five field rules cost ${medianRatio.toFixed(3)}×, more than ${maxRatio}`);
      if (bytesWith >= bytesWithout) stage.fail('the rules did not make the events shorter');
    }
    return { comparisons };
  },
});

async function setRules({ admin, currentId }: Pick<Hub, 'admin' | 'currentId'>, fieldRules: object): Promise<void> {
  await admin.run(
    `mutation ($input: UpdateCurrentInput!) {
      updateCurrent(input: $input) { __typename ... on Problem { message } }
    }`,
    { input: { id: `cur_${currentId}`, fieldRules } },
    'UpdateCurrentPayload',
  );
}
