import type { CohortChange, Member, MemberPage } from '@currents/connector';
import { mostPages } from '../cohorts/changeRows.js';
import { pullSession } from '../cohorts/pullSession.js';
import { storePush, type InboxDeps } from '../cohorts/storePush.js';
import type { ClaimedStep } from './claimStep.js';

/** Somebody else has the pull in hand by now, or nobody wants it any more. */
export class LeaseLost extends Error {
  constructor() {
    super('the lease of this step is another’s');
    this.name = 'LeaseLost';
  }
}

export interface KeepDeps extends InboxDeps {
  readonly leaseMs: number;
  /** Pages are taken no more. */
  readonly stopped: () => boolean;
}

/** What a step has handed over so far. */
export interface Kept {
  readonly pages: number;
  readonly members: number;
}

/**
 * Puts pages of a step aside, one after the other, as pages of a session that replaces the whole membership once it is
 * complete. Each is stored before the next one is taken, so a step never holds more than a page.
 */
export function createKeeper(deps: KeepDeps, step: ClaimedStep) {
  let kept: Kept = { pages: step.pages, members: step.members };

  return {
    kept: () => kept,
    async keep({ members, refused, total }: MemberPage): Promise<void> {
      if (deps.stopped()) throw new LeaseLost();
      const page = kept.pages + 1;
      await store(deps, step, { page, pages: mostPages, members, refused });
      const handedOver = members.length + Object.values(refused).reduce((sum, count) => sum + count, 0);
      kept = { pages: page, members: kept.members + handedOver };
      await noteProgress(deps, step, kept, total);
    },
    /** The last page says how many there are, and holds nobody: what came before it was stored without knowing. */
    async close(): Promise<void> {
      const page = kept.pages + 1;
      await store(deps, step, { page, pages: page, members: [], refused: {} });
    },
  };
}

interface Page {
  readonly page: number;
  readonly pages: number;
  readonly members: readonly Member[];
  readonly refused: Readonly<Record<string, number>>;
}

async function store(
  deps: KeepDeps,
  { partner, cohort, runId, lease }: ClaimedStep,
  { page, pages, members, refused }: Page,
): Promise<void> {
  const change: CohortChange = { kind: 'replace', cohort, session: { id: pullSession(runId), page, pages }, members };
  // Another attempt at the step may cut its pages elsewhere, so its page is another push.
  const body = `${runId} ${lease} ${page}`;
  const stored = await storePush(deps, { partner, keyId: null, lease, body, parsed: { changes: [change], refused } });
  if (stored.outcome === 'unauthorised') throw new LeaseLost();
  if ('detail' in stored) throw new Error(`a page of a pull was not stored: ${stored.detail}`);
}

async function noteProgress(
  { sql, leaseMs }: KeepDeps,
  { cohortId, lease }: ClaimedStep,
  { pages, members }: Kept,
  total: number | undefined,
): Promise<void> {
  const noted = await sql`
    update cohort_pull set
      pages = ${pages}, members = ${members}, total = coalesce(${total ?? null}::bigint, total),
      due_at = now() + ${leaseMs}::float8 * interval '1 millisecond'
    where cohort_id = ${cohortId} and lease = ${lease}::bigint`;
  if (noted.count === 0) throw new LeaseLost();
}
