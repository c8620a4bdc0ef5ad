import type { FakeBraze } from '../../src/fakes/braze/startFakeBraze.js';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { createImportKey, pushMembers } from '../endToEnd/pushCohort.js';
import { until } from '../endToEnd/until.js';

export const brazeKey = '0b7e5a1c-9d35-4f0e-8f43-5a2f6f1d7c90';

/** Settings of a sync to a fake Braze, but for the attribute. */
export const brazeSettings = (braze: FakeBraze) => ({
  restEndpoint: 'https://rest.fra-01.braze.eu',
  baseUrl: braze.url,
  secondsBeforeReversal: 0,
});

/** Pushes the cohort "Buyers" as Mixpanel does, and makes the segment "buyers" of it. Returns what pushes other members. */
export async function makeBuyers(apiUrl: string, adminToken: string, ids: readonly string[]) {
  const { ask } = createAdminClient(apiUrl, adminToken);
  const importKey = await createImportKey(apiUrl, adminToken);
  const cohort = { id: 'buyers', name: 'Buyers' };
  let session = 0;
  async function push(members: readonly string[]): Promise<void> {
    const status = await pushMembers(members, { apiUrl, importKey, cohort, session: `buyers-${++session}` });
    if (status !== 200) throw new Error(`the push was answered with ${status}`);
  }
  await push(ids);
  const { cohorts } = await until(
    () =>
      ask<{ cohorts: { nodes: readonly { id: string; memberCount: number }[] } }>(
        '{ cohorts { nodes { id memberCount } } }',
      ),
    (answer) => answer.cohorts.nodes[0]?.memberCount === ids.length,
    30_000,
  );
  const created = await ask<{ createSegment: { segment: { id: string } } }>(
    'mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { ... on CreateSegmentPayload { segment { id } } } }',
    { input: { name: 'buyers', definition: { includes: cohorts.nodes[0]?.id } } },
  );
  const { id } = created.createSegment.segment;
  const hasMembers = (expected: readonly string[]) =>
    until(
      () =>
        ask<{ segment: { members: { nodes: readonly { externalId: string }[] } | null } }>(
          'query ($id: ID!) { segment(id: $id) { ... on Segment { members(first: 50) { nodes { externalId } } } } }',
          { id },
        ),
      ({ segment: { members } }) =>
        members?.nodes.map(({ externalId }) => externalId).join() === expected.toSorted().join(),
      30_000,
    );
  await hasMembers(ids);
  return {
    segmentId: id,
    async push(members: readonly string[]): Promise<void> {
      await push(members);
      await hasMembers(members);
    },
  };
}
