import { createHash } from 'node:crypto';
import type { AmplitudeProfile } from '../../src/fakes/amplitude/profile.js';
import type { AmplitudeProject } from '../../src/fakes/amplitude/project.js';
import { startFakeAmplitude, type FakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import type { LedgerSnapshot, StoredEvent } from '../../src/fakes/ledger.js';
import { createAdminClient, databaseKey, type AdminClient } from '../../src/hub/adminClient.js';
import { startTestHub, type TestHub } from './testHub.js';

export interface AmplitudeHubOptions {
  /** The projects of the fake Amplitude by name, with their options. */
  readonly projects: Readonly<Record<string, Omit<AmplitudeProject, 'apiKey' | 'secretKey' | 'projectId'>>>;
  readonly profile?: Partial<AmplitudeProfile>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly redisUrl?: string | undefined;
}

export interface AmplitudeCurrent {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Names of event types; all event types when absent. */
  readonly eventTypes?: readonly string[];
  /** The name of the Current; default: that of the project. */
  readonly name?: string;
}

/** A hub in separate processes, and a strict fake Amplitude. */
export interface AmplitudeHub extends Omit<TestHub, 'launch' | 'mixpanel'> {
  readonly amplitude: FakeAmplitude;
  readonly client: AdminClient;
  /** Launches a Current for one of the fake's projects. */
  launch(project: string, current?: AmplitudeCurrent): Promise<number>;
  /** Changes settings over GraphQL; missing ones have the test's defaults. */
  change(currentId: number, settings: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Keys in the format of Amplitude, which occur in no other text. */
export const apiKeyOf = (project: string): string => createHash('md5').update(project).digest('hex');
export const secretKeyOf = (project: string): string => createHash('md5').update(`secret of ${project}`).digest('hex');

const everything = { groups: ['behaviour', 'campaign', 'canvas', 'message', 'other'] };

export async function startAmplitudeHub({ projects, profile, ...options }: AmplitudeHubOptions): Promise<AmplitudeHub> {
  const amplitude = await startFakeAmplitude({
    ...(profile && { profile }),
    projects: Object.entries(projects).map(([projectId, more]) => ({
      ...more,
      projectId,
      apiKey: apiKeyOf(projectId),
      secretKey: secretKeyOf(projectId),
    })),
  });
  const { launch: _toMixpanel, mixpanel: _mixpanel, ...hub } = await startTestHub({ projects: [], ...options });
  const client = createAdminClient(hub.hub.api.url, hub.hub.adminToken ?? '');
  const usual = { region: 'us', baseUrl: amplitude.url };
  return {
    ...hub,
    amplitude,
    client,
    async launch(project, { settings, eventTypes, name = project } = {}) {
      const id = await client.launchCurrent(
        {
          name,
          contactEmail: 'admin@example.com',
          destination: 'amplitude',
          settings: { ...usual, ...settings },
          credentials: { apiKey: apiKeyOf(project), secretKey: secretKeyOf(project) },
          selection: eventTypes === undefined ? everything : { eventTypes },
        },
        { skipTest: true },
      );
      return databaseKey(id);
    },
    async change(id, settings) {
      const { updateCurrent } = await client.ask<{
        updateCurrent: { readonly __typename: string; readonly message?: string };
      }>(
        'mutation ($id: ID!, $settings: JsonObject!) { updateCurrent(input: { id: $id, settings: $settings }) { __typename ... on Problem { message } } }',
        { id: `cur_${id}`, settings: { ...usual, ...settings } },
      );
      if (updateCurrent.__typename !== 'UpdateCurrentPayload')
        throw new Error(`${updateCurrent.__typename}: ${updateCurrent.message}`);
    },
    async stop() {
      await hub.stop();
      await amplitude.close();
    },
  };
}

/** The insert_id of a stored event. */
export function insertIdOf({ event }: StoredEvent): string {
  return String(event['insert_id']);
}

/** The number of stored copies of each event of a project, by id. */
export function shownAtAmplitude({ view }: Pick<LedgerSnapshot, 'view'>, project: string): ReadonlyMap<string, number> {
  const shown = new Map<string, number>();
  for (const copy of view)
    if (copy.project === project) shown.set(insertIdOf(copy), (shown.get(insertIdOf(copy)) ?? 0) + 1);
  return shown;
}
