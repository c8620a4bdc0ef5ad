import { request } from 'undici';

export interface CurrentInput {
  readonly name: string;
  readonly contactEmail: string;
  readonly destination: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly selection: {
    readonly eventTypes?: readonly string[];
    readonly channels?: readonly string[];
    readonly groups?: readonly string[];
  };
}

export interface Counts {
  readonly selected: number;
  readonly delivered: number;
  readonly skipped: number;
  readonly rejected: number;
  readonly expired: number;
  readonly pending: number;
}

/** What an admin does over GraphQL, for programs. */
export interface AdminClient {
  /** Rejects with the messages of whatever went wrong. */
  ask<Answer>(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** A new ingest token, in clear. */
  createIngestToken(name: string): Promise<string>;
  /** Creates and launches a Current, and answers its id. */
  launchCurrent(input: CurrentInput): Promise<string>;
  counts(currentId: string): Promise<Counts>;
}

interface Outcome {
  readonly __typename: string;
  readonly message?: string;
}

export function createAdminClient(apiUrl: string, adminToken: string): AdminClient {
  async function ask<Answer>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const response = await request(`${apiUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${adminToken}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors, error } = (await response.body.json()) as {
      data?: Answer;
      errors?: readonly { readonly message: string }[];
      error?: { readonly detail: string };
    };
    const problems = [...(errors ?? []).map(({ message }) => message), ...(error ? [error.detail] : [])];
    if (problems.length > 0 || !data)
      throw new Error(`GraphQL answered ${response.statusCode}: ${problems.join('; ')}`);
    return data;
  }

  /** For mutations, whose one field is what was done or why it was not. */
  async function deed<Done extends Outcome>(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    done: string,
  ): Promise<Done> {
    const [outcome] = Object.values(await ask<Record<string, Done>>(query, variables));
    if (outcome?.__typename !== done) throw new Error(`${outcome?.__typename}: ${outcome?.message}`);
    return outcome;
  }

  return {
    ask,
    async createIngestToken(name) {
      const { token } = await deed<Outcome & { token: string }>(
        `mutation ($name: String!) {
          createIngestToken(name: $name) { __typename ... on IngestTokenCreated { token } ... on Problem { message } }
        }`,
        { name },
        'IngestTokenCreated',
      );
      return token;
    },
    async launchCurrent(input) {
      const { id } = await deed<Outcome & { id: string }>(
        `mutation ($input: CreateCurrentInput!) {
          createCurrent(input: $input) { __typename ... on Current { id } ... on Problem { message } }
        }`,
        { input },
        'Current',
      );
      await deed(
        `mutation ($id: ID!) { launchCurrent(id: $id) { __typename ... on Problem { message } } }`,
        { id },
        'Current',
      );
      return id;
    },
    async counts(currentId) {
      const { current } = await ask<{ current: { counts: Counts } }>(
        `query ($id: ID!) {
          current(id: $id) { ... on Current { counts { selected delivered skipped rejected expired pending } } }
        }`,
        { id: currentId },
      );
      return current.counts;
    },
  };
}
