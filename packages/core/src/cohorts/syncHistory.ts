import { memberReasons } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { checkFirst, pageOf, readCursor, rowId, writeCursor, type Page, type PageRequest } from '../admin/page.js';
import { maxPages } from './changeRows.js';

/** What one sync did. */
export interface SyncView {
  readonly id: string;
  /** `replace`: the whole membership; `add`, `remove`: one part of a numbered sync; `changes`: entries and exits as they came. */
  readonly syncKind: 'replace' | 'add' | 'remove' | 'changes';
  /**
   * `stalled`: pages are missing, and none has come for a while. `incomplete`: they never came, and it was given up; or the
   * pull that fetched them failed or was cancelled.
   */
  readonly state: 'receiving' | 'stalled' | 'applied' | 'superseded' | 'incomplete';
  readonly startedAt: Date;
  readonly lastAt: Date;
  readonly finishedAt: Date | undefined;
  readonly pagesReceived: number | undefined;
  readonly pagesExpected: number | undefined;
  /** Members in the pushes, usable or not, as often as they were named. */
  readonly given: number;
  readonly added: number;
  readonly removed: number;
  readonly unchanged: number;
  /** Named by a change that the partner computed before a newer one that was applied already. */
  readonly late: number;
  readonly refused: readonly { readonly code: string; readonly description: string; readonly members: number }[];
}

const reasons: Readonly<Record<string, string | undefined>> = memberReasons;

/** Mixpanel repeats a page for a minute, Amplitude for some minutes. */
const stalledMs = 10 * 60_000;

/** The history of a cohort's syncs, the newest first. */
export async function listSyncs(
  { sql }: Pick<Admin, 'sql'>,
  cohortId: string,
  { first, after }: PageRequest,
): Promise<Page<SyncView>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const rows = await sql<SyncRow[]>`
    select id, kind, state, started_at, last_at, finished_at, pages_received, pages_expected, received_count, added_count, removed_count,
      unchanged_count, late_count, refused, now() as now
    from cohort_sync
    where cohort_id = ${rowId(cohortId) ?? 0} and (${cursor ?? null}::bigint is null or id < ${cursor ?? null}::bigint)
    order by id desc limit ${first + 1}`;
  return pageOf(rows.map(syncViewOf), { first, after }, ({ id }) => writeCursor(id));
}

interface SyncRow {
  readonly id: string;
  readonly kind: SyncView['syncKind'];
  readonly state: Exclude<SyncView['state'], 'stalled'>;
  readonly started_at: Date;
  readonly last_at: Date;
  readonly finished_at: Date | null;
  readonly pages_received: number;
  readonly pages_expected: number | null;
  readonly received_count: string;
  readonly added_count: string;
  readonly removed_count: string;
  readonly unchanged_count: string;
  readonly late_count: string;
  readonly refused: Readonly<Record<string, number>>;
  readonly now: Date;
}

function syncViewOf(row: SyncRow): SyncView {
  const stalled = row.state === 'receiving' && row.now.getTime() - row.last_at.getTime() > stalledMs;
  return {
    id: row.id,
    syncKind: row.kind,
    state: stalled ? 'stalled' : row.state,
    startedAt: row.started_at,
    lastAt: row.last_at,
    finishedAt: row.finished_at ?? undefined,
    pagesReceived: row.pages_expected === null ? undefined : row.pages_received,
    pagesExpected: row.pages_expected === maxPages ? undefined : (row.pages_expected ?? undefined),
    given: Number(row.received_count),
    added: Number(row.added_count),
    removed: Number(row.removed_count),
    unchanged: Number(row.unchanged_count),
    late: Number(row.late_count),
    refused: Object.entries(row.refused).map(([code, members]) => ({
      code,
      description: reasons[code] ?? code,
      members,
    })),
  };
}
