import type { AmplitudeHub } from './amplitudeHub.js';

export interface Throttled {
  readonly budget: string;
  readonly key: string;
  readonly events: number;
  readonly reasons: readonly { readonly code: string; readonly events: number }[];
  readonly since: string;
  readonly nextAt: string;
  readonly until: string;
}

/** The keys of a Current that are throttled, as an admin sees them. */
export async function throttledKeys(
  { client }: Pick<AmplitudeHub, 'client'>,
  currentId: number,
): Promise<readonly Throttled[]> {
  const { throttledKeys: told } = await client.ask<{ throttledKeys: { readonly nodes: readonly Throttled[] } }>(
    `query ($id: ID!) {
      throttledKeys(currentId: $id) {
        ... on ThrottledKeyPage { nodes { budget key events reasons { code events } since nextAt until } }
      }
    }`,
    { id: currentId },
  );
  return told.nodes;
}
