import type { AdminClient } from '../../hub/adminClient.js';
import { until } from '../../until.js';
import type { Demo } from '../openDemo.js';
import { createCohorts } from './cohorts.js';
import { breakPartners, scenarioCurrents } from './currents.js';
import { createSegmentSyncs, isSyncBlocked } from './segmentSyncs.js';
import { startTraffic } from './traffic.js';

/** What the demo has to show beyond its own two Currents. */
export interface Scenario {
  /** The ids of its Currents, by name. */
  readonly currentIds: ReadonlyMap<string, string>;
  /** Ends the traffic. */
  close(): Promise<void>;
}

/**
 * Fills the hub with what an admin meets: Currents in every state, dead letters that are being replayed, throttled keys,
 * quarantined events, cohorts and a segment that is held at Braze, with events that go on coming. All of it happens:
 * nothing is written to the database. Resolves once every state has come.
 */
export async function startScenario({ hub, partners, admin, token, running }: Demo): Promise<Scenario> {
  const currentIds = new Map<string, string>();
  for (const { input, state } of scenarioCurrents(partners)) {
    const id = state === 'draft' ? await admin.createCurrent(input) : await admin.launchCurrent(input);
    currentIds.set(input.name, id);
    if (state === 'paused') await pause(admin, id);
  }
  breakPartners(partners);
  await admin.createIngestToken('Braze staging');
  const traffic = startTraffic(hub.api.url, token);
  try {
    const pushed = await createCohorts(admin, hub.api.url);
    await createSegmentSyncs(admin, partners.braze, pushed.segmentId);
    await pushed.pushChanges();
    await pushed.close();
    await replayDeadLetters(admin, running[0]?.currentId ?? '');
    await until(
      () => readStates(admin),
      ({ states, hasDeferral, hasThrottledKey }) =>
        ['LIVE', 'BLOCKED', 'PAUSED', 'DRAFT'].every((state) => states.has(state)) && hasDeferral && hasThrottledKey,
      60_000,
    );
    await until(
      () => isSyncBlocked(admin, pushed.segmentId),
      (isBlocked) => isBlocked,
      60_000,
    );
  } catch (error) {
    await traffic.close();
    throw error;
  }
  return { currentIds, close: traffic.close };
}

async function pause(admin: AdminClient, id: string): Promise<void> {
  await admin.run(
    'mutation ($input: PauseCurrentInput!) { pauseCurrent(input: $input) { __typename ... on Problem { message } } }',
    { input: { id } },
    'PauseCurrentPayload',
  );
}

/** A job that sends some of the dead letters again; the partner refuses them again. */
async function replayDeadLetters(admin: AdminClient, currentId: string): Promise<void> {
  await admin.run(
    `mutation ($input: ReplayDeadLettersInput!) {
      replayDeadLetters(input: $input) { __typename ... on Problem { message } }
    }`,
    { input: { currentId, dryRun: false, filter: { eventType: 'users.messages.email.Open' } } },
    'ReplayDeadLettersPayload',
  );
}

interface CurrentNode {
  readonly state: string;
  readonly deferral: object | null;
  readonly throttledKeys: { readonly nodes: readonly object[] };
}

async function readStates(admin: AdminClient) {
  const { currents } = await admin.ask<{ currents: { readonly nodes: readonly CurrentNode[] } }>(
    '{ currents { nodes { state deferral { until } throttledKeys(first: 1) { nodes { key } } } } }',
  );
  return {
    states: new Set(currents.nodes.map(({ state }) => state)),
    hasDeferral: currents.nodes.some(({ deferral }) => deferral !== null),
    hasThrottledKey: currents.nodes.some(({ throttledKeys }) => throttledKeys.nodes.length > 0),
  };
}
