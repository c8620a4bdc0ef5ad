/**
 * The units of work of a hub. A commit stores a batch of the api. A delivery is one batch for one Current. A partner request
 * includes its share of the claim before it and of the record after it. A second stands for what a process does unasked.
 */
export const units = ['second', 'event', 'request', 'commit', 'delivery', 'deliveredEvent', 'partnerRequest'] as const;
export type Unit = (typeof units)[number];

/** How many of each unit, or what one of each costs. */
export type PerUnit = Readonly<Record<Unit, number>>;

export const none: PerUnit = {
  second: 0,
  event: 0,
  request: 0,
  commit: 0,
  delivery: 0,
  deliveredEvent: 0,
  partnerRequest: 0,
};

/** The cost of so much work: the sum over all units. */
export function costOf(costs: PerUnit, work: PerUnit): number {
  return units.reduce((sum, unit) => sum + costs[unit] * work[unit], 0);
}

/** Three significant digits: more would suggest a precision that measurements lack. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

export function roundedCosts(costs: PerUnit): PerUnit {
  return Object.fromEntries(units.map((unit) => [unit, rounded(costs[unit])])) as PerUnit;
}
