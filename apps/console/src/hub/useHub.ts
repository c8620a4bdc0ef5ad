import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { TadaDocumentNode } from 'gql.tada';
import { ask, type HubError } from './graphql.js';
import { useShownOperation } from './operations.js';
import { refreshMs, useRefresh } from './refresh.js';

const pollMs = 1_000;

/** A query of the present screen: read again while auto-refresh is on, and offered for copying. */
export function useHubQuery<Data, Variables extends object>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
  {
    isLive = true,
    isEnabled = true,
    isQuick = false,
    pollWhile,
  }: {
    readonly isLive?: boolean;
    readonly isEnabled?: boolean;
    /** Whether auto-refresh reads it every second: what a person sends an event for, and watches. It has to be cheap. */
    readonly isQuick?: boolean;
    /** Asks every second while it is true, whatever auto-refresh says: for the progress of what was just asked for. */
    readonly pollWhile?: (data: Data) => boolean;
  } = {},
) {
  const refresh = useRefresh();
  useShownOperation(document, variables);
  return useQuery<Data, HubError>({
    queryKey: [document, variables],
    queryFn: ({ signal }) => ask(document, variables, { signal }),
    enabled: isEnabled,
    placeholderData: keepPreviousData,
    refetchInterval: pollWhile
      ? ({ state: { data } }) => (data === undefined || pollWhile(data) ? pollMs : false)
      : refresh && isLive
        ? isQuick
          ? pollMs
          : refreshMs
        : false,
  });
}

/** A change. Everything on the screen is read again after it. */
export function useHubMutation<Data, Variables extends object>(document: TadaDocumentNode<Data, Variables>) {
  const client = useQueryClient();
  return useMutation<Data, HubError, Variables & { readonly idempotencyKey?: string }>({
    mutationFn: ({ idempotencyKey, ...variables }) =>
      ask(document, variables as unknown as Variables, { ...(idempotencyKey !== undefined && { idempotencyKey }) }),
    onSuccess: () => client.invalidateQueries(),
  });
}
