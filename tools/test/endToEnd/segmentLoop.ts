import { expect } from 'vitest';
import { startFakeBraze } from '../../src/fakes/braze/startFakeBraze.js';
import { createRandom } from '../../src/fakes/random.js';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { startProgram, type Program } from '../../src/hub/program.js';
import { event } from './events.js';
import { startTestHub } from './testHub.js';
import { until } from './until.js';

export interface SegmentLoopOptions {
  readonly seed: number;
  /** Rounds of entries and exits, each with one of the faults. */
  readonly rounds: number;
  readonly users: number;
}

type Fault = 'kill' | 'throttle' | 'revoke' | 'reset' | 'hang' | 'none';
const faults: readonly Fault[] = ['kill', 'throttle', 'revoke', 'reset', 'hang', 'none'];
const attribute = 'currents_buyers';
const waitMs = 120_000;

/** The counts of a sync that make its balance. */
const counted = 'changeCount deliveredCount refusedCount returnedCount inFlightCount';

/**
 * The whole loop on real processes: events of a platform go to Mixpanel; the users that Mixpanel shows become a cohort
 * there; Mixpanel pushes it; a segment of it is held in Braze. Users come and go, and workers and keys with them. Braze
 * has to end with exactly the members, and the counts have to balance.
 */
export async function runSegmentLoop({ seed, rounds, users }: SegmentLoopOptions): Promise<void> {
  const random = createRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const keys = ['key-0'];
  const braze = await startFakeBraze({ seed, projects: [{ workspaceId: 'shop', keys }] });
  const hub = await startTestHub({ projects: ['shop'], environment: { RETRY_WINDOW_HOURS: '1' } });
  let worker: Program | undefined = hub.hub.workers[0];
  try {
    const { ask, run } = createAdminClient(hub.hub.api.url, hub.hub.adminToken ?? '');
    const mutate = <Payload>(name: string, input: object, fields: string): Promise<Payload> => {
      const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      return run<Payload>(
        `mutation ($input: ${type}Input!) {
          ${name}(input: $input) { __typename ... on ${type}Payload { ${fields} } ... on Problem { message } }
        }`,
        { input },
        `${type}Payload`,
      );
    };

    // Events in, and out to Mixpanel.
    await hub.launch('shop');
    const sent = Array.from({ length: users }, (_, index) =>
      event({ user: { external_user_id: `customer-${index}` } }),
    );
    expect((await hub.post(sent)).status).toBe(200);
    const shown = (): readonly string[] => {
      const people = hub.mixpanel.control.ledger().view.map(({ event: each }) => each['properties']);
      return [...new Set(people.map((each) => String((each as Record<string, unknown>)['distinct_id'])))].sort();
    };
    await until(shown, ({ length }) => length === users, waitMs);

    // The users that Mixpanel shows come back as a cohort.
    const { key } = await mutate<{ key: string }>('createImportKey', { name: 'mixpanel', partner: 'mixpanel' }, 'key');
    let session = 0;
    async function push(action: string, ids: readonly string[]): Promise<void> {
      const parameters = {
        mixpanel_project_id: '1',
        mixpanel_cohort_id: 'buyers',
        mixpanel_cohort_name: 'Buyers',
        mixpanel_session_id: `${seed}-${++session}`,
        page_info: { total_pages: 1, page_count: 1 },
        members: ids.map((id) => ({ mixpanel_distinct_id: id })),
      };
      const response = await fetch(`${hub.hub.api.url}/partners/mixpanel/webhook`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`mixpanel:${key}`).toString('base64')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ action, parameters }),
      });
      expect(response.status).toBe(200);
    }
    const everybody = shown();
    const members = new Set(everybody.filter(() => below(2) === 0));
    await push('members', [...members]);
    const cohorts = () =>
      ask<{ cohorts: { nodes: readonly { id: string; memberCount: number }[] } }>(
        '{ cohorts { nodes { id memberCount } } }',
      );
    const { cohorts: found } = await until(
      cohorts,
      ({ cohorts: all }) => all.nodes[0]?.memberCount === members.size,
      waitMs,
    );
    const { segment } = await mutate<{ segment: { id: string } }>(
      'createSegment',
      { name: 'Buyers', definition: { includes: found.nodes[0]?.id } },
      'segment { id }',
    );
    await until(
      () =>
        ask<{ segment: { memberCount: number | null } }>(
          'query ($id: ID!) { segment(id: $id) { ... on Segment { memberCount } } }',
          { id: segment.id },
        ),
      (answer) => answer.segment.memberCount === members.size,
      waitMs,
    );

    // The segment goes to Braze.
    const settings = {
      restEndpoint: 'https://rest.iad-01.braze.com',
      baseUrl: braze.url,
      attribute,
      objectsPerRequest: 20,
      secondsBeforeReversal: 0,
    };
    const { segmentSyncPlan: plan } = await ask<{ segmentSyncPlan: object }>(
      `query ($input: SegmentSyncPlanInput!) {
        segmentSyncPlan(input: $input) { ... on SegmentSyncPlan { memberCount requestCount cost { count } } ... on Problem { message } }
      }`,
      { input: { segmentId: segment.id, destination: 'braze', settings } },
    );
    expect(plan).toEqual({
      memberCount: members.size,
      requestCount: Math.ceil(members.size / 20),
      cost: { count: members.size },
    });
    const { segmentSync } = await mutate<{ segmentSync: { id: string } }>(
      'createSegmentSync',
      { segmentId: segment.id, destination: 'braze', settings, credentials: { restApiKey: keys[0] } },
      'segmentSync { id }',
    );
    await mutate('launchSegmentSync', { id: segmentSync.id }, 'segmentSync { id }');

    type Balance = Record<
      'changeCount' | 'deliveredCount' | 'refusedCount' | 'returnedCount' | 'inFlightCount',
      number
    >;
    const view = async () => {
      const answer = await ask<{
        segmentSync: Balance & { state: string; waitingCount: number; progress: object | null };
      }>(
        `query ($id: ID!) {
          segmentSync(id: $id) { ... on SegmentSync { state waitingCount progress { doneCount } ${counted} } }
        }`,
        { id: segmentSync.id },
      );
      const { changeCount, deliveredCount, refusedCount, returnedCount, inFlightCount } = answer.segmentSync;
      expect(changeCount).toBe(deliveredCount + refusedCount + returnedCount + inFlightCount);
      return answer.segmentSync;
    };
    const held = () => braze.control.membersOf('shop', attribute);
    const wanted = () => [...members].map((id) => `external:${id}`).sort();
    const arrives = () => until(held, (now) => JSON.stringify(now) === JSON.stringify(wanted()), waitMs);
    await arrives();

    let revocations = 0;
    for (let round = 0; round < rounds; round++) {
      const fault = faults[(seed + round) % faults.length] as Fault;
      if (fault === 'throttle') braze.control.addFault({ action: { kind: 'flip429', times: 2 } });
      if (fault === 'reset')
        braze.control.addFault({ action: { kind: 'reset', at: 'afterStore' }, match: { count: 1 } });
      if (fault === 'hang')
        braze.control.addFault({ action: { kind: 'hang' }, when: 'after-store', match: { count: 1 } });
      if (fault === 'revoke') braze.control.setKeys('shop', [`key-${++revocations}`]);
      const some = Array.from({ length: 1 + below(Math.ceil(users / 3)) }, () => everybody[below(users)] as string);
      const isEntry = below(2) === 0;
      await push(isEntry ? 'add_members' : 'remove_members', some);
      for (const id of some) {
        if (isEntry) members.add(id);
        else members.delete(id);
      }
      if (fault === 'kill') {
        await worker?.kill();
        worker = await startProgram('worker', { environment: { ...hub.hub.environment, WORKER_PORT: '0' } });
      }
      if (fault === 'revoke') {
        // What is the same already needs no request, and then the key is not missed.
        await until(
          async () => [await view(), held()] as const,
          ([{ state }, now]) => state === 'BLOCKED' || JSON.stringify(now) === JSON.stringify(wanted()),
          waitMs,
        );
        await mutate(
          'updateSegmentSync',
          { id: segmentSync.id, confirmName: attribute, credentials: { restApiKey: `key-${revocations}` } },
          'segmentSync { id }',
        );
        // A worker that is killed amid the probe leaves the next one for a minute or two later.
        await mutate('resumeSegmentSync', { id: segmentSync.id }, 'segmentSync { id }');
      }
      await view();
    }
    await arrives();
    await until(
      view,
      ({ waitingCount, inFlightCount, progress }) => waitingCount + inFlightCount === 0 && progress === null,
      waitMs,
    );
    expect(held()).toEqual(wanted());
    const { segmentSyncDrift: drift } = await ask<{ segmentSyncDrift: object }>(
      `query ($id: ID!) {
        segmentSyncDrift(id: $id) { ... on SegmentSyncDrift { memberCount heldCount refusedCount missingCount surplusCount } }
      }`,
      { id: segmentSync.id },
    );
    const memberCount = members.size;
    expect(drift).toEqual({ memberCount, heldCount: memberCount, refusedCount: 0, missingCount: 0, surplusCount: 0 });
    expect(braze.control.summary().violations).toEqual({});
  } finally {
    await worker?.stop();
    await hub.stop();
    await braze.close();
  }
}
