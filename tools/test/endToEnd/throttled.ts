import type { AmplitudeHub } from './amplitudeHub.js';

export interface Throttled {
  readonly budget: string;
  readonly key: string;
  readonly eventCount: number;
  readonly reasons: readonly { readonly code: string; readonly eventCount: number }[];
  readonly waitingSince: string;
  readonly firstDueAt: string;
  readonly lastDueAt: string;
}

/** The throttled keys of a Current, read over GraphQL. */
export async function throttledKeys(
  { client }: Pick<AmplitudeHub, 'client'>,
  currentId: number,
): Promise<readonly Throttled[]> {
  const { current } = await client.ask<{ current: { throttledKeys: { readonly nodes: readonly Throttled[] } } }>(
    `query ($id: ID!) {
      current(id: $id) {
        ... on Current {
          throttledKeys { nodes { budget key eventCount reasons { code eventCount } waitingSince firstDueAt lastDueAt } }
        }
      }
    }`,
    { id: `cur_${currentId}` },
  );
  return current.throttledKeys.nodes;
}
