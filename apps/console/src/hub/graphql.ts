import { print } from '@0no-co/graphql.web';
import { initGraphQLTada, type TadaDocumentNode } from 'gql.tada';
import type { introspection } from '../../generated/graphql-env.js';
import { csrfToken, endedSession } from './session.js';

/** Types of queries come from apps/api/schema.graphql: a field that it lacks does not compile. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { Count: number; DateTime: string; Date: string; JsonObject: Record<string, unknown> };
}>();

export type { ResultOf, VariablesOf } from 'gql.tada';

/** The hub refused a request or did not answer. The message is one sentence for people. */
export class HubError extends Error {
  constructor(
    message: string,
    /** A code of docs/http-errors.md or of GraphQL; `UNREACHABLE` without an answer. */
    readonly code: string,
  ) {
    super(message);
    this.name = 'HubError';
  }
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Runs a query or mutation on the hub that served this page. Rejects with `HubError`. */
export async function ask<Data, Variables>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
  options: { readonly signal?: AbortSignal; readonly idempotencyKey?: string } = {},
): Promise<Data> {
  const headers = {
    'content-type': 'application/json',
    'x-csrf-token': csrfToken(),
    ...(options.idempotencyKey !== undefined && { 'idempotency-key': options.idempotencyKey }),
  };
  const body = JSON.stringify({ query: print(document), variables });
  const response = await fetch('graphql', { method: 'POST', headers, body, signal: options.signal ?? null }).catch(
    (error: unknown) => {
      if (options.signal?.aborted) throw error;
      throw new HubError('The hub does not answer. It may be restarting, or the network is down.', 'UNREACHABLE');
    },
  );
  const answer = (await response.json().catch(() => ({}))) as Answer<Data>;
  const [first] = answer.errors ?? [];
  if (response.status === 401) endedSession();
  if (first || !answer.data)
    throw new HubError(first?.message ?? `The hub answered ${response.status}.`, first?.extensions?.code ?? 'UNKNOWN');
  return answer.data;
}
