import { faultsOf } from '../hub/balance.js';
import { median } from '../reading/percentiles.js';

/** Live events may come later beside a replay by this factor, or by so many milliseconds. */
export const limits = { ratio: 1.2, moreMs: 50, cancelMs: 2_000 };

/** The p95 of live events in milliseconds, from acceptance to arrival. */
export interface PairedDelays {
  readonly alone: number;
  readonly beside: number;
}

/** The medians of the ratios and differences of paired rounds. A target is missed when both limits are passed. */
export function judge(rounds: readonly PairedDelays[]) {
  const ratio = median(rounds.map(({ alone, beside }) => beside / alone));
  const moreMs = median(rounds.map(({ alone, beside }) => beside - alone));
  return { ratio, moreMs, isMet: ratio <= limits.ratio || moreMs <= limits.moreMs };
}

/** Counts of events of a whole run. */
export interface ReplayTotals {
  /** Events that the generator sent before any replay. */
  readonly stored: number;
  /** Events that the generator sent in all. */
  readonly sent: number;
  readonly planned: number;
  /** Of each replay that was not cancelled: made into deliveries, and delivered. */
  readonly replays: readonly { readonly eventCount: number; readonly deliveredCount: number }[];
  readonly cancelled: {
    readonly eventCount: number;
    readonly deliveredCount: number;
    readonly cancelledCount: number;
    readonly pendingCount: number;
  };
  /** Events that the sink received. */
  readonly arrived: number;
  readonly tally: Readonly<Record<'selected' | 'delivered' | 'skipped' | 'rejected' | 'expired', number>>;
}

/** What is wrong with the counts: a replay sends what its plan counted, and each event that it makes has one end. */
export function faultsOfTotals({ stored, sent, planned, replays, cancelled, arrived, tally }: ReplayTotals) {
  const replayed = replays.reduce((sum, { deliveredCount }) => sum + deliveredCount, cancelled.deliveredCount);
  const ended = cancelled.deliveredCount + cancelled.cancelledCount;
  const final = tally.delivered + tally.skipped + tally.rejected + tally.expired;
  return faultsOf(
    [planned === stored, `${stored} events were stored, the plan counted ${planned}`],
    ...replays.map(
      ({ eventCount, deliveredCount }) =>
        [
          eventCount === planned && deliveredCount === planned,
          `the plan counted ${planned} events, the replay made ${eventCount} and delivered ${deliveredCount}`,
        ] as const,
    ),
    [cancelled.cancelledCount > 0, 'nothing was left of the replay when it was cancelled'],
    [
      ended === cancelled.eventCount && cancelled.pendingCount === 0,
      `the cancelled replay made ${cancelled.eventCount} events, of which ${ended} are final and ${cancelled.pendingCount} pending`,
    ],
    [
      arrived === sent + replayed,
      `${sent} events were acknowledged and ${replayed} replayed, ${arrived} arrived at the sink`,
    ],
    [tally.delivered === arrived, `${arrived} events arrived, the ledger calls ${tally.delivered} delivered`],
    [
      tally.skipped === cancelled.cancelledCount,
      `${cancelled.cancelledCount} events were cancelled, the ledger calls ${tally.skipped} skipped`,
    ],
    [tally.selected === final, `the ledger holds ${tally.selected} events, of which ${final} are final`],
  );
}
