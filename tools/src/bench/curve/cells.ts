/** How events arrive at the hub. */
export type Arrivals =
  | { readonly kind: 'idle' }
  | { readonly kind: 'steady'; readonly eventsPerSecond: number; readonly requestEvents: number }
  /** As fast as they are accepted. */
  | { readonly kind: 'flood'; readonly requestEvents: number };

/** One measurement of the curve: hub and bare forwarder under the same arrivals. */
export interface Cell {
  readonly name: string;
  readonly arrivals: Arrivals;
  /** Currents of the hub that select every event. */
  readonly currents: number;
  /** How late the partner answers. */
  readonly partnerMs: number;
  /** Days before today that have partitions. */
  readonly pastDays: number;
}

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** Cells with more deliveries a second are left out: the generator and the partner run on the same cores. */
const maxDeliveriesPerSecond = 20_000;
/** The hub keeps 14 days by default. */
const fullRetentionDays = 14;

const idle: Arrivals = { kind: 'idle' };
const flood: Arrivals = { kind: 'flood', requestEvents: 100 };
const steady = (eventsPerSecond: number, requestEvents: number): Arrivals => ({
  kind: 'steady',
  eventsPerSecond,
  requestEvents,
});
const rates = [steady(10, 1), steady(100, 1), steady(500, 10), steady(1_000, 1), steady(10_000, 100)];

const combinations: readonly Omit<Cell, 'name'>[] = [
  ...[1, 10].map((currents) => combine(idle, { currents })),
  ...[1, 10, 100, 1_000].flatMap((currents) => [...rates, flood].map((arrivals) => combine(arrivals, { currents }))),
  ...[100, 400].flatMap((partnerMs) =>
    [steady(10, 1), ...rates.slice(2)].map((arrivals) => combine(arrivals, { partnerMs })),
  ),
  ...[1, 10].map((currents) => combine(idle, { currents, pastDays: fullRetentionDays })),
  ...rates.map((arrivals) => combine(arrivals, { pastDays: fullRetentionDays })),
];
/** Many Currents at a low rate, whatever the number of deliveries. */
const many = [combine(steady(60, 1), { currents: 300 }), combine(steady(20, 1), { currents: 1_000 })];

export const cells: readonly Cell[] = [...combinations.filter((cell) => !isLeftOut(cell)), ...many].map(named);

/** The combinations that are not measured. */
export const leftOut: readonly LeftOut[] = combinations.filter(isLeftOut).map((cell) => ({
  name: named(cell).name,
  reason:
    cell.arrivals.kind === 'flood'
      ? 'a flood is measured with one Current'
      : `expected less than ${maxDeliveriesPerSecond} deliveries a second, got ${deliveriesPerSecond(cell)}`,
}));

function combine(arrivals: Arrivals, { currents = 1, partnerMs = 0, pastDays = 0 }: Partial<Cell>) {
  return { arrivals, currents, partnerMs, pastDays };
}

function deliveriesPerSecond({ arrivals, currents }: Omit<Cell, 'name'>): number {
  return arrivals.kind === 'steady' ? arrivals.eventsPerSecond * currents : 0;
}

function isLeftOut(cell: Omit<Cell, 'name'>): boolean {
  if (cell.arrivals.kind === 'flood') return cell.currents > 1;
  return deliveriesPerSecond(cell) >= maxDeliveriesPerSecond;
}

/** Names the rate, and what differs from one Current, a near partner and a new database. */
function named(cell: Omit<Cell, 'name'>): Cell {
  const { arrivals, currents, partnerMs, pastDays } = cell;
  const parts = [
    arrivals.kind === 'steady' ? `${arrivals.eventsPerSecond}` : arrivals.kind,
    ...(currents > 1 ? [`${currents}-currents`] : []),
    ...(partnerMs > 0 ? [`${partnerMs}-ms`] : []),
    ...(pastDays > 0 ? ['full-retention'] : []),
  ];
  return { name: parts.join('-'), ...cell };
}
