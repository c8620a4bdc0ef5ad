import { documents } from '../documents.js';
import { CommandFailure, exitCodes } from '../failure.js';
import type { Hub } from './hub.js';
import { readPages } from './readPages.js';
import { unwrap, type Problem } from './unwrap.js';

/** A Current in a list. */
export interface CurrentRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly destinationName: string;
  readonly stateChangedAt: string;
  readonly oldestPendingAt: string | null;
  readonly counts: Readonly<Record<'selected' | 'delivered' | 'skipped' | 'rejected' | 'expired' | 'pending', number>>;
}

/** Everything about a Current that `currents show` prints. */
export interface CurrentDetails extends CurrentRow {
  readonly contactEmail: string;
  readonly createdAt: string;
  readonly retryWindowEndsAt: string | null;
  readonly eventTypes: readonly string[];
  readonly settings: object;
  readonly allowedActions: readonly string[];
  readonly block: {
    readonly blockedAt: string;
    readonly code: string;
    readonly detail: string;
    readonly nextProbeAt: string | null;
  } | null;
  readonly deferral: { readonly code: string; readonly detail: string; readonly until: string } | null;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

const maxSearched = 1_000;

/** The Current with this id, or with exactly this name. Throws `CommandFailure` when there is none. */
export async function findCurrent(hub: Hub, idOrName: string): Promise<CurrentDetails> {
  const { current } = await hub.ask<{ current: CurrentDetails | Problem }>(documents.current, {
    id: /^[a-z]{3}_\d+$/.test(idOrName) ? idOrName : await idOf(hub, idOrName),
  });
  return unwrap(current);
}

async function idOf(hub: Hub, name: string): Promise<string> {
  const { nodes } = await readPages<CurrentRow>(hub, documents.currents, { filter: { search: name } }, maxSearched);
  const found = nodes.filter((current) => current.name === name);
  const [only] = found;
  if (only && found.length === 1) return only.id;
  throw new CommandFailure(
    found.length === 0
      ? `there is no Current with the id or the name "${name}"; see currents list`
      : `${found.length} Currents have the name "${name}"; give the id of one: ${found.map(({ id }) => id).join(', ')}`,
    exitCodes.negative,
  );
}
