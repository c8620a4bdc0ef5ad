import { connectors } from '@currents/api';

/** What a partner accepts, as its connector declares it with the sources. */
export interface PartnerLimits {
  readonly maxRequestEvents: number;
  readonly maxRequestBytes: number;
  /** Requests of one Current that are under way at once. */
  readonly maxRequests: number;
  /** Events a second of one project; undefined when the partner states no such limit. */
  readonly eventsPerSecond: number | undefined;
}

const inTheUs = { region: 'us' };

/** Those whose limits are known: a receiver of one's own has its own ones. */
export const destinations: readonly string[] = Array.from(connectors.values())
  .filter(({ settings }) => settings.safeParse(inTheUs).success)
  .map(({ name }) => name);

/** The limits of a destination in the US with the default settings. Throws for a destination that does not exist. */
export function limitsOf(destination: string): PartnerLimits {
  const connector = connectors.get(destination);
  if (!connector) throw new Error(`expected a destination (${destinations.join(', ')}), got ${destination}`);
  const limits = connector.rateLimit(connector.settings.parse(inTheUs));
  const project = limits.budgets.find(({ name, unit }) => name === 'project' && unit === 'events');
  return {
    maxRequestEvents: limits.maxEvents,
    maxRequestBytes: limits.maxBytes,
    maxRequests: limits.maxConcurrentRequests,
    eventsPerSecond: project && project.limit / (project.periodMs / 1_000),
  };
}
