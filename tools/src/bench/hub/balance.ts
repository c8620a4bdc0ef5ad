import type { Hub } from './openHub.js';

/** Events of the bench's Current by outcome, as the hub counted them. */
export type Tally = Readonly<Record<'selected' | 'delivered' | 'skipped' | 'rejected' | 'expired', number>>;

export async function readTally({ sql, currentId }: Pick<Hub, 'sql' | 'currentId'>): Promise<Tally> {
  return tallyOf(
    await sql`select outcome, sum(events) as events from tally where current_id = ${currentId} group by outcome`,
  );
}

/** Events of all Currents by outcome. */
export async function readTotals({ sql }: Pick<Hub, 'sql'>): Promise<Tally> {
  return tallyOf(await sql`select outcome, sum(events) as events from tally group by outcome`);
}

function tallyOf(rows: readonly { readonly outcome: keyof Tally; readonly events: string }[]): Tally {
  const counts = { selected: 0, delivered: 0, skipped: 0, rejected: 0, expired: 0 };
  for (const { outcome, events } of rows) counts[outcome] = Number(events);
  return counts;
}

export type Balance = ReturnType<typeof weigh>;

/**
 * Compares the counts of three processes: events that the generator sent and the api acknowledged, events that the
 * ledger counts as delivered, and events that the sink received. They must be equal, with no event pending.
 */
export function weigh(sent: number, arrived: number, tally: Tally, pending: number) {
  const { selected, delivered, skipped, rejected, expired } = tally;
  const faults = faultsOf(
    [selected === sent, `${sent} events were acknowledged, the ledger holds ${selected}`],
    [delivered === sent, `${sent} events were acknowledged, the ledger calls ${delivered} delivered`],
    [arrived === sent, `${sent} events were acknowledged, ${arrived} arrived at the sink`],
    [skipped + rejected + expired === 0, `${skipped} events were skipped, ${rejected} rejected, ${expired} expired`],
    [pending === 0, `${pending} events are still pending`],
  );
  return { sent, delivered, arrived, balances: faults.length === 0, faults };
}

/** The texts of the violated claims. */
export function faultsOf(...claims: readonly (readonly [holds: boolean, fault: string])[]): readonly string[] {
  return claims.flatMap(([holds, fault]) => (holds ? [] : [fault]));
}

export async function checkBalance(hub: Hub, sent: number, arrived: number): Promise<Balance> {
  return weigh(sent, arrived, await readTally(hub), await readPending(hub));
}

/** The same for a hub whose Currents all send to this sink: `sent` counts an event once for each of them. */
export async function checkTotals(hub: Pick<Hub, 'sql'>, sent: number, arrived: number): Promise<Balance> {
  return weigh(sent, arrived, await readTotals(hub), await readPending(hub));
}

async function readPending({ sql }: Pick<Hub, 'sql'>): Promise<number> {
  const [row] = await sql<{ pending: string }[]>`select coalesce(sum(pending), 0) as pending from delivery`;
  return Number(row?.pending);
}
