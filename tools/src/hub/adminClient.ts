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
  readonly fieldRules?: object;
}

export interface Counts {
  readonly selected: number;
  readonly delivered: number;
  readonly skipped: number;
  readonly rejected: number;
  readonly expired: number;
  readonly pending: number;
}

/** A client of the admin API. */
export type AdminClient = ReturnType<typeof createAdminClient>;

/** The database key of an id such as `cur_7`. */
export function databaseKey(id: string): number {
  return Number(id.slice(id.indexOf('_') + 1));
}

export function createAdminClient(apiUrl: string, adminToken: string) {
  /** Rejects with the messages of all errors. */
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

  /** Runs a mutation whose only field has to return its payload. */
  async function run<Done = object>(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    done: string,
  ): Promise<Done> {
    const [outcome] = Object.values(
      await ask<Record<string, Done & { __typename: string; message?: string }>>(query, variables),
    );
    if (outcome?.__typename !== done) throw new Error(`${outcome?.__typename}: ${outcome?.message}`);
    return outcome;
  }

  /** Creates a draft, and returns its id. */
  async function createCurrent(input: CurrentInput): Promise<string> {
    const { current } = await run<{ current: { id: string } }>(
      `mutation ($input: CreateCurrentInput!) {
        createCurrent(input: $input) { __typename ... on CreateCurrentPayload { current { id } } ... on Problem { message } }
      }`,
      { input },
      'CreateCurrentPayload',
    );
    return current.id;
  }

  return {
    ask,
    run,
    /** A new ingest token, in clear. */
    async createIngestToken(name: string): Promise<string> {
      const { token } = await run<{ token: string }>(
        `mutation ($input: CreateIngestTokenInput!) {
          createIngestToken(input: $input) { __typename ... on CreateIngestTokenPayload { token } ... on Problem { message } }
        }`,
        { input: { name } },
        'CreateIngestTokenPayload',
      );
      return token;
    },
    createCurrent,
    /** Creates and launches a Current, and returns its id. @param skipTest launches it even if its credentials are bad. */
    async launchCurrent(input: CurrentInput, { skipTest = false } = {}): Promise<string> {
      const id = await createCurrent(input);
      await run(
        `mutation ($id: ID!, $skipTest: Boolean!) { launchCurrent(input: { id: $id, skipTest: $skipTest }) { __typename ... on Problem { message } } }`,
        { id, skipTest },
        'LaunchCurrentPayload',
      );
      return id;
    },
    async counts(currentId: string): Promise<Counts> {
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
