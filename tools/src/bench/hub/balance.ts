import type { Hub } from './openHub.js';

/** Events of the bench's Current by outcome, as the hub counted them. */
export type Tally = Readonly<Record<'selected' | 'delivered' | 'skipped' | 'rejected' | 'expired', number>>;

export async function readTally({ sql, currentId }: Pick<Hub, 'sql' | 'currentId'>): Promise<Tally> {
  const rows = await sql<{ outcome: keyof Tally; events: string }[]>`
    select outcome, sum(events) as events from tally where current_id = ${currentId} group by outcome`;
  const counts = { selected: 0, delivered: 0, skipped: 0, rejected: 0, expired: 0 };
  for (const { outcome, events } of rows) counts[outcome] = Number(events);
  return counts;
}

export interface Balance {
  /** Events that the generator sent and the api acknowledged. */
  readonly sent: number;
  /** Events that the ledger calls delivered. */
  readonly delivered: number;
  /** Events that the sink saw. */
  readonly arrived: number;
  readonly balances: boolean;
  /** What is wrong, for people; empty when nothing is. */
  readonly faults: readonly string[];
}

/** Holds three counts against each other that three processes kept: they must be one number, with nothing left over. */
export function weigh(sent: number, arrived: number, tally: Tally, pending: number): Balance {
  const { selected, delivered, skipped, rejected, expired } = tally;
  const faults = [
    selected === sent ? '' : `${sent} events were acknowledged, the ledger holds ${selected}`,
    delivered === sent ? '' : `${sent} events were acknowledged, the ledger calls ${delivered} delivered`,
    arrived === sent ? '' : `${sent} events were acknowledged, ${arrived} arrived at the sink`,
    skipped + rejected + expired === 0
      ? ''
      : `${skipped} events were skipped, ${rejected} rejected, ${expired} expired`,
    pending === 0 ? '' : `${pending} events are still pending`,
  ].filter((fault) => fault !== '');
  return { sent, delivered, arrived, balances: faults.length === 0, faults };
}

export async function checkBalance(hub: Hub, sent: number, arrived: number): Promise<Balance> {
  const [row] = await hub.sql<{ pending: string }[]>`select coalesce(sum(pending), 0) as pending from delivery`;
  return weigh(sent, arrived, await readTally(hub), Number(row?.pending));
}
