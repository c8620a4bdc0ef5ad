/** How events can have ended that are replayed, in the words of the console. */
export const replayOutcomes = [
  { name: 'REJECTED', title: 'Rejected' },
  { name: 'EXPIRED', title: 'Expired' },
  { name: 'SKIPPED', title: 'Skipped' },
  { name: 'DELIVERED', title: 'Delivered' },
  { name: 'UNSELECTED', title: 'Not selected, or before the launch' },
  { name: 'DISCARDED', title: 'Discarded dead letters' },
] as const;

export type ReplayOutcome = (typeof replayOutcomes)[number]['name'];

/** What failed: chosen until the address says something else. */
const failed: readonly ReplayOutcome[] = ['REJECTED', 'EXPIRED'];

/** The outcomes that the address names. */
export function outcomesOf(filters: URLSearchParams): readonly ReplayOutcome[] {
  const text = filters.get('outcomes');
  if (text === null) return failed;
  const names = new Set(text.split(','));
  return replayOutcomes.map(({ name }) => name).filter((name) => names.has(name));
}

/** The address's words for these outcomes. */
export function outcomesText(outcomes: readonly ReplayOutcome[]): string {
  return outcomes.length === 0 ? 'none' : outcomes.join(',');
}

/** Which events to replay, as the address says it and the hub takes it. */
export function replayFilterOf(filters: URLSearchParams) {
  const [from, to, type] = ['from', 'to', 'type'].map((name) => filters.get(name));
  const users = (filters.get('users') ?? '')
    .split(',')
    .map((user) => user.trim())
    .filter((user) => user !== '');
  return {
    outcomes: [...outcomesOf(filters)],
    ...(from && { from }),
    ...(to && { to }),
    ...(type && { eventTypes: [type] }),
    ...(users.length > 0 && { users }),
  };
}
