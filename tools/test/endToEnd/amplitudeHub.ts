import { createHash } from 'node:crypto';
import type { AmplitudeProfile } from '../../src/fakes/amplitude/profile.js';
import type { AmplitudeProject } from '../../src/fakes/amplitude/project.js';
import { startFakeAmplitude, type FakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import type { LedgerSnapshot, StoredEvent } from '../../src/fakes/ledger.js';
import { createAdminClient, databaseKey, type AdminClient } from '../../src/hub/adminClient.js';
import { startTestHub, type TestHub } from './testHub.js';

export interface AmplitudeHubOptions {
  /** Names of the fake Amplitude's projects, and what is particular about each. */
  readonly projects: Readonly<Record<string, Omit<AmplitudeProject, 'apiKey' | 'secretKey' | 'projectId'>>>;
  readonly profile?: Partial<AmplitudeProfile>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly redisUrl?: string | undefined;
}

export interface AmplitudeCurrent {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Names of event types; everything when absent. */
  readonly eventTypes?: readonly string[];
  /** The Current's name, where it is not the project's. */
  readonly name?: string;
}

/** A whole hub as real processes, and a strict fake Amplitude. */
export interface AmplitudeHub extends Omit<TestHub, 'launch' | 'mixpanel'> {
  readonly amplitude: FakeAmplitude;
  readonly client: AdminClient;
  /** Launches a Current to one of the fake's projects. */
  launch(project: string, current?: AmplitudeCurrent): Promise<number>;
  /** Changes settings over GraphQL; what is left out of them is as usual. */
  change(currentId: number, settings: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Keys as Amplitude's are: nothing of them could stand in a sentence. */
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
      const id = await client.launchCurrent({
        name,
        contactEmail: 'admin@example.com',
        destination: 'amplitude',
        settings: { ...usual, ...settings },
        credentials: { apiKey: apiKeyOf(project), secretKey: secretKeyOf(project) },
        selection: eventTypes === undefined ? everything : { eventTypes },
      });
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

/** The id by which Amplitude knows an event. */
export function insertIdOf({ event }: StoredEvent): string {
  return String(event['insert_id']);
}

/** What a person sees at one project: how often each event's id is there. */
export function shownAtAmplitude({ view }: Pick<LedgerSnapshot, 'view'>, project: string): ReadonlyMap<string, number> {
  const shown = new Map<string, number>();
  for (const copy of view)
    if (copy.project === project) shown.set(insertIdOf(copy), (shown.get(insertIdOf(copy)) ?? 0) + 1);
  return shown;
}
