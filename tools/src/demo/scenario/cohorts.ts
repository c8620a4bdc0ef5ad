import { createClock } from '../../fakes/clock.js';
import { createAudience } from '../../fakes/senders/audience.js';
import { createMixpanelSender } from '../../fakes/senders/mixpanelWebhook.js';
import type { AdminClient } from '../../hub/adminClient.js';
import { until } from '../../until.js';

const customers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `customer-${from + index}`);

const audiences = [
  { id: '678', name: 'Big spenders', description: 'Spent 100 EUR or more in a year', members: customers(0, 1_240) },
  { id: '679', name: 'Not seen for 30 days', description: 'No session in 30 days', members: customers(900, 1_730) },
] as const;

interface Cohort {
  readonly id: string;
  readonly name: string;
  readonly memberCount: number | null;
}

/** Cohorts and the segment over them, with partners that push again. */
export interface Pushed {
  readonly segmentId: string;
  /** Some users leave and enter, as at every sync of a partner. Resolves once the hub has taken it. */
  pushChanges(): Promise<void>;
  close(): Promise<void>;
}

/** Two cohorts that the fake Mixpanel pushes, and a segment over them, which is evaluated. */
export async function createCohorts(admin: AdminClient, apiUrl: string): Promise<Pushed> {
  const { key } = await admin.run<{ key: string }>(
    `mutation ($input: CreateImportKeyInput!) {
      createImportKey(input: $input) { __typename ... on CreateImportKeyPayload { key } ... on Problem { message } }
    }`,
    { input: { name: 'Growth project', partner: 'mixpanel' } },
    'CreateImportKeyPayload',
  );
  const pushed = audiences.map((options) => openAudience(apiUrl, key, options));
  for (const { sender } of pushed) await sender.sync();
  const cohorts = await until(
    async () => (await admin.ask<{ cohorts: { nodes: Cohort[] } }>(cohortsQuery)).cohorts.nodes,
    (nodes) => audiences.every(({ name, members }) => nodes.some(isWhole(name, members.length))),
  );
  const idOf = (name: string): string => cohorts.find((cohort) => cohort.name === name)?.id ?? '';
  const definition = { all: [{ includes: idOf(audiences[0].name) }, { excludes: idOf(audiences[1].name) }] };
  const { segment } = await admin.run<{ segment: { id: string } }>(
    `mutation ($input: CreateSegmentInput!) {
      createSegment(input: $input) { __typename ... on CreateSegmentPayload { segment { id } } ... on Problem { message } }
    }`,
    { input: { name: 'Big spenders who are active', definition } },
    'CreateSegmentPayload',
  );
  await until(
    () => admin.ask<{ segment: { memberCount: number | null } }>(segmentQuery, { id: segment.id }),
    (answer) => answer.segment.memberCount !== null,
  );
  return {
    segmentId: segment.id,
    async pushChanges() {
      pushed[0]?.audience.leave('customer-17', 'customer-230');
      pushed[0]?.audience.enter('customer-2001', 'customer-2002', 'customer-2003');
      for (const { sender } of pushed) await sender.sync();
    },
    async close() {
      for (const { sender } of pushed) await sender.close();
    },
  };
}

const segmentQuery = 'query ($id: ID!) { segment(id: $id) { ... on Segment { memberCount } } }';

const cohortsQuery = '{ cohorts { nodes { id name memberCount } } }';

const isWhole = (name: string, memberCount: number) => (cohort: Cohort) =>
  cohort.name === name && cohort.memberCount === memberCount;

/** A cohort of the fake Mixpanel, which is pushed by each sync. */
function openAudience(apiUrl: string, key: string, options: (typeof audiences)[number]) {
  const clock = createClock();
  const audience = createAudience(clock, options);
  const url = `${apiUrl}/partners/mixpanel/webhook`;
  return { audience, sender: createMixpanelSender({ url, key, clock, audience }) };
}
