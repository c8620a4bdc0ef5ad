import { createAdminClient, databaseKey } from '../../src/hub/adminClient.js';

export interface MixpanelCurrent {
  readonly name: string;
  readonly baseUrl: string;
  /** The token of the project. */
  readonly token: string;
  /** Names of event types; all event types when absent. */
  readonly eventTypes?: readonly string[];
}

export interface CurrentState {
  readonly state: string;
  /** The reason of a blocked Current; null otherwise. */
  readonly block: { readonly code: string; readonly detail: string } | null;
}

/** Admin operations over GraphQL. */
export interface Admin {
  /** Creates an ingest token and returns it. */
  makeToken(name: string): Promise<string>;
  /** Creates a Current and launches it. */
  launch(current: MixpanelCurrent): Promise<number>;
  stateOf(currentId: number): Promise<CurrentState>;
  pause(currentId: number): Promise<void>;
  resume(currentId: number): Promise<void>;
  remove(currentId: number, name: string): Promise<void>;
  /** Tests the credentials at the destination; a blocked Current that passes resumes. */
  probe(currentId: number): Promise<string>;
  /** Replays all dead letters, and returns their number. */
  replay(currentId: number): Promise<number>;
}

const everything = { groups: ['behaviour', 'campaign', 'canvas', 'message', 'other'] };

export function createAdmin(apiUrl: string, adminToken: string): Admin {
  const client = createAdminClient(apiUrl, adminToken);

  /** Runs a mutation; throws when it returns a problem. */
  async function change(mutation: string, done: string, variables: Readonly<Record<string, unknown>>): Promise<void> {
    const [result] = Object.values(
      await client.ask<Record<string, { readonly __typename: string; readonly message?: string }>>(mutation, variables),
    );
    if (result?.__typename !== done) throw new Error(`expected ${done}, got ${result?.__typename}: ${result?.message}`);
  }

  return {
    makeToken: (name) => client.createIngestToken(name),
    async launch({ name, baseUrl, token, eventTypes }) {
      const id = await client.launchCurrent(
        {
          name,
          contactEmail: 'admin@example.com',
          destination: 'mixpanel',
          settings: { region: 'us', baseUrl },
          credentials: { kind: 'projectToken', token },
          selection: eventTypes === undefined ? everything : { eventTypes },
        },
        { skipTest: true },
      );
      return databaseKey(id);
    },
    async stateOf(id) {
      const { current } = await client.ask<{ readonly current: CurrentState }>(
        'query ($id: ID!) { current(id: $id) { ... on Current { state block { code detail } } } }',
        { id: `cur_${id}` },
      );
      return current;
    },
    pause: (id) =>
      change(
        'mutation ($id: ID!) { pauseCurrent(input: { id: $id }) { __typename ... on Problem { message } } }',
        'PauseCurrentPayload',
        { id: `cur_${id}` },
      ),
    resume: (id) =>
      change(
        'mutation ($id: ID!) { resumeCurrent(input: { id: $id }) { __typename ... on Problem { message } } }',
        'ResumeCurrentPayload',
        { id: `cur_${id}` },
      ),
    remove: (id, name) =>
      change(
        'mutation ($id: ID!, $name: String!) { deleteCurrent(input: { id: $id, confirmName: $name }) { __typename ... on Problem { message } } }',
        'DeleteCurrentPayload',
        { id: `cur_${id}`, name },
      ),
    async probe(id) {
      const { testCredentials } = await client.ask<{ readonly testCredentials: { readonly __typename: string } }>(
        'mutation ($id: ID!) { testCredentials(input: { currentId: $id }) { __typename } }',
        { id: `cur_${id}` },
      );
      return testCredentials.__typename;
    },
    async replay(id) {
      const { replayDeadLetters } = await client.ask<{
        readonly replayDeadLetters: { readonly job: { readonly result: { readonly eventCount: number } } };
      }>(
        'mutation ($id: ID!) { replayDeadLetters(input: { currentId: $id, dryRun: false }) { ... on ReplayDeadLettersPayload { job { result { ... on ReplayResult { eventCount } } } } } }',
        { id: `cur_${id}` },
      );
      return replayDeadLetters.job.result.eventCount;
    },
  };
}
