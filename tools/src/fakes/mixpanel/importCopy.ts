import type { FakeRequest } from '../exchange.js';
import type { Ledger } from '../ledger.js';
import type { Random } from '../random.js';
import type { Findings } from './checkRecord.js';
import { effectiveEvent, personOf, type Effects } from './effects.js';
import type { MixpanelProfile } from './profile.js';
import type { ProjectState } from './project.js';

const cutoff2010Ms = Date.UTC(2010, 0, 1);

/** A record on its way into the ledger. */
export interface ImportCopy {
  readonly index: number;
  readonly event: string;
  readonly insertId: string;
  readonly distinctId: string;
  readonly time: number;
  readonly timeMs: number;
  /** Undefined for the usual record, which is kept as it came. */
  readonly effects: Effects | undefined;
}

/** Takes out of the findings what is needed to keep the record. */
export function copyOf(index: number, found: Findings, address: string, random: Random): ImportCopy {
  const { cut, emptied, overwritesTime, lacksDistinctId, geo } = found;
  const usual = cut.length === 0 && emptied.length === 0 && !overwritesTime && !lacksDistinctId && geo === 'none';
  return {
    index,
    event: found.event,
    insertId: found.problems.length === 0 ? found.insertId : Math.floor(random() * 2 ** 48).toString(16),
    distinctId: lacksDistinctId ? personOf(address) : found.distinctId,
    time: found.time,
    timeMs: found.timeMs,
    effects: usual ? undefined : { cut, emptied, overwritesTime, lacksDistinctId, geo },
  };
}

const noEffects: Effects = { cut: [], emptied: [], overwritesTime: false, lacksDistinctId: false, geo: 'none' };

/** Stores one record. */
export function keepCopy(
  ledger: Ledger,
  profile: MixpanelProfile,
  request: FakeRequest,
  state: ProjectState,
  copy: ImportCopy,
  record: Readonly<Record<string, unknown>>,
  nowMs: number,
): void {
  const hot = isHot(state, copy, ledger.mode === 'full');
  if (hot) ledger.violate(request.seq, 'hotShard');
  ledger.store(
    {
      seq: request.seq,
      index: copy.index,
      project: state.project.projectId,
      receivedAt: nowMs,
      id: copy.insertId,
      eventPart: copy.event,
      personPart: copy.distinctId,
      timePart: copy.time,
    },
    () => ({
      person: copy.distinctId,
      ...effectiveEvent(record, copy.effects ?? noEffects, hot, nowMs, request.remoteAddress),
      hidden: profile.cutoff2010 && copy.timeMs < cutoff2010Ms,
    }),
  );
}

/** Mixpanel, hot shard page: more than 200,000 events of one person on one date. */
function isHot(state: ProjectState, copy: ImportCopy, full: boolean): boolean {
  const limit = state.project.limits?.hotShardEvents;
  if ((!full && limit === undefined) || copy.distinctId === '') return false;
  const shard = `${Math.floor(copy.timeMs / 86_400_000)} ${copy.distinctId}`;
  const count = (state.shards.get(shard) ?? 0) + 1;
  state.shards.set(shard, count);
  return count > (limit ?? 200_000);
}
