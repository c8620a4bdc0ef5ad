import { createAdminClient } from '../../src/hub/adminClient.js';
import { pushMembers } from '../endToEnd/pushCohort.js';
import { until } from '../endToEnd/until.js';

/** Pushes the whole cohort "Buyers" as Mixpanel does. Throws if the hub does not take it. */
export async function pushBuyers(
  members: readonly string[],
  hub: { readonly apiUrl: string; readonly importKey: string },
): Promise<void> {
  const session = `session of ${members.join(' ')}`;
  const status = await pushMembers(members, { ...hub, cohort: { id: 'buyers', name: 'Buyers' }, session });
  if (status !== 200) throw new Error(`expected 200, got ${status}`);
}

/** Makes a segment of the users, in a cohort of Mixpanel's. Resolves to its id once it is evaluated. */
export async function createSegmentOf(
  members: readonly string[],
  hub: { readonly name: string; readonly apiUrl: string; readonly adminToken: string; readonly importKey: string },
): Promise<string> {
  const { ask, run } = createAdminClient(hub.apiUrl, hub.adminToken);
  await pushBuyers(members, hub);
  const { cohorts } = await until(
    () => ask<Cohorts>('{ cohorts { nodes { id memberCount } } }'),
    ({ cohorts: { nodes } }) => nodes[0]?.memberCount === members.length,
  );
  const { segment } = await run<{ readonly segment: { readonly id: string } }>(
    `mutation ($input: CreateSegmentInput!) {
      createSegment(input: $input) { __typename ... on CreateSegmentPayload { segment { id } } ... on Problem { message } }
    }`,
    { input: { name: hub.name, definition: { includes: cohorts.nodes[0]?.id } } },
    'CreateSegmentPayload',
  );
  await until(
    () =>
      ask<Evaluated>('query ($id: ID!) { segment(id: $id) { ... on Segment { memberCount } } }', { id: segment.id }),
    (answer) => answer.segment.memberCount === members.length,
  );
  return segment.id;
}

interface Cohorts {
  readonly cohorts: { readonly nodes: readonly { readonly id: string; readonly memberCount: number }[] };
}

interface Evaluated {
  readonly segment: { readonly memberCount: number | null };
}
