import type { Transaction } from '../db/session.js';

/** A change that is not applied yet, without its members. */
interface PendingChange {
  readonly id: string;
  readonly kind: 'declare' | 'replace' | 'add' | 'remove';
  readonly stored_at: Date;
  readonly name: string | null;
  readonly description: string | null;
  readonly partner_created_at: Date | null;
  readonly session: string | null;
  readonly page: number | null;
  readonly pages: number | null;
  readonly computed_at_ms: string | null;
  readonly received_count: number;
  readonly refused: Readonly<Record<string, number>> | null;
}

/** One or more changes that are applied together. */
export type ChangeRun = readonly [PendingChange, ...PendingChange[]];

const maxChanges = 500;
/** Limits the transaction that a crash repeats. */
const maxMembers = 50_000;

export async function readPendingChanges(tx: Transaction, cohortId: number): Promise<readonly PendingChange[]> {
  return tx<PendingChange[]>`
    select id, kind, stored_at, name, description, partner_created_at, session, page, pages, computed_at_ms, received_count, refused
    from cohort_change where cohort_id = ${cohortId} and state = 'pending' order by id limit ${maxChanges}`;
}

/** The first changes that can be applied together: of one kind and one sync. */
export function firstRun(waiting: readonly PendingChange[]): ChangeRun | undefined {
  const [first, ...rest] = waiting;
  if (!first) return undefined;
  const run: [PendingChange, ...PendingChange[]] = [first];
  let members = first.received_count;
  for (const change of rest) {
    members += change.received_count;
    if (members > maxMembers && change.kind !== 'replace') break;
    if (!belongsTo(first, change)) break;
    run.push(change);
  }
  return run;
}

function belongsTo(first: PendingChange, change: PendingChange): boolean {
  if (first.session !== change.session || first.computed_at_ms !== change.computed_at_ms) return false;
  return first.kind === change.kind || (first.session === null && isMove(first) && isMove(change));
}

export function isMove({ kind }: PendingChange): boolean {
  return kind === 'add' || kind === 'remove';
}

/** Moves the changes of a run to a state; those that are not staged lose their members. */
export async function moveChanges(
  tx: Transaction,
  run: ChangeRun,
  state: 'staged' | 'applied' | 'dropped',
): Promise<void> {
  await tx`
    update cohort_change set state = ${state}, members = case when ${state}::text = 'staged' then members end
    where id = any(${run.map(({ id }) => id)}::bigint[])`;
}
