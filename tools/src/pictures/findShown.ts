import type { AdminClient } from '../hub/adminClient.js';
import type { Shown } from './screens.js';

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Sync {
  readonly id: string;
  readonly state: string;
}

interface Answer {
  readonly currents: { readonly nodes: readonly Named[] };
  readonly cohorts: { readonly nodes: readonly Named[] };
  readonly segments: { readonly nodes: readonly (Named & { readonly syncs: { readonly nodes: readonly Sync[] } })[] };
  readonly deadLetters: { readonly nodes: readonly { readonly eventId: string }[] };
}

/** Looks up what the pictures show, by the names that the demo gives. */
export async function findShown(admin: Pick<AdminClient, 'ask'>): Promise<Shown> {
  const { currents, cohorts, segments, deadLetters } = await admin.ask<Answer>(
    `{
      currents { nodes { id name } }
      cohorts { nodes { id name } }
      segments { nodes { id name syncs { nodes { id state } } } }
      deadLetters(first: 1, filter: { code: "distinct_id_not_allowed" }) { nodes { eventId } }
    }`,
  );
  return {
    everythingId: idOf(currents.nodes, 'Everything to Mixpanel'),
    healthyId: idOf(currents.nodes, 'Email and push to Mixpanel'),
    blockedId: idOf(currents.nodes, 'Purchases to the finance project'),
    throttledId: idOf(currents.nodes, 'App sessions to Amplitude'),
    cohortId: idOf(cohorts.nodes, 'Big spenders'),
    segmentId: idOf(segments.nodes, 'Big spenders who are active'),
    syncId: segments.nodes.flatMap(({ syncs }) => syncs.nodes).find(({ state }) => state === 'LIVE')?.id ?? '',
    eventId: deadLetters.nodes[0]?.eventId ?? '',
    userId: 'customer-42',
  };
}

function idOf(nodes: readonly Named[], name: string): string {
  const id = nodes.find((node) => node.name === name)?.id;
  if (id === undefined) throw new Error(`expected an object named ${name}, got none`);
  return id;
}
