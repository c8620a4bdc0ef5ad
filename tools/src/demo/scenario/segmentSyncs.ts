import type { AdminClient } from '../../hub/adminClient.js';
import { until } from '../../until.js';
import type { startPartners } from '../partners.js';

type Braze = Awaited<ReturnType<typeof startPartners>>['braze'];

/** Two workspaces of the fake Braze. The second one refuses its key once the first sync is done. */
const workspaces = [
  {
    workspaceId: 'production',
    restEndpoint: 'https://rest.fra-01.braze.eu',
    attribute: 'currents_big_spenders_who_are_active',
    // Of users on its blocklist the workspace takes no value.
    blockedUsers: ['customer-42', 'customer-314', 'customer-577'],
  },
  { workspaceId: 'staging', restEndpoint: 'https://rest.iad-03.braze.com', attribute: 'currents_big_spenders' },
] as const;

const newKey = 'demo-rest-api-key-of-later';

interface Sync {
  readonly state: string;
  readonly syncedAt: string | null;
  readonly inFlightCount: number;
}

/** Holds the segment at two workspaces of Braze. Resolves once both have its members and the second refuses its key. */
export async function createSegmentSyncs(admin: AdminClient, braze: Braze, segmentId: string): Promise<void> {
  for (const { workspaceId, restEndpoint, attribute, ...others } of workspaces) {
    const restApiKey = `demo-rest-api-key-of-${workspaceId}`;
    braze.control.createProject({ workspaceId, keys: [restApiKey], ...others });
    await launchSync(admin, {
      segmentId,
      destination: 'braze',
      settings: { restEndpoint, baseUrl: braze.url, attribute },
      credentials: { restApiKey },
    });
  }
  await until(
    () => readSyncs(admin, segmentId),
    (syncs) => syncs.every(({ syncedAt, inFlightCount }) => syncedAt !== null && inFlightCount === 0),
  );
  braze.control.setKeys('staging', [newKey]);
}

/** Whether the workspace that refuses its key has been noticed. */
export async function isSyncBlocked(admin: AdminClient, segmentId: string): Promise<boolean> {
  return (await readSyncs(admin, segmentId)).some(({ state }) => state === 'BLOCKED');
}

async function launchSync(admin: AdminClient, input: object): Promise<void> {
  const { segmentSync } = await admin.run<{ segmentSync: { id: string } }>(
    `mutation ($input: CreateSegmentSyncInput!) {
      createSegmentSync(input: $input) {
        __typename ... on CreateSegmentSyncPayload { segmentSync { id } } ... on Problem { message }
      }
    }`,
    { input },
    'CreateSegmentSyncPayload',
  );
  await admin.run(
    `mutation ($input: LaunchSegmentSyncInput!) {
      launchSegmentSync(input: $input) { __typename ... on Problem { message } }
    }`,
    { input: { id: segmentSync.id } },
    'LaunchSegmentSyncPayload',
  );
}

async function readSyncs(admin: AdminClient, segmentId: string): Promise<readonly Sync[]> {
  const { segment } = await admin.ask<{ segment: { syncs: { nodes: readonly Sync[] } } }>(
    `query ($segmentId: ID!) {
      segment(id: $segmentId) { ... on Segment { syncs { nodes { state syncedAt inFlightCount } } } }
    }`,
    { segmentId },
  );
  return segment.syncs.nodes;
}
