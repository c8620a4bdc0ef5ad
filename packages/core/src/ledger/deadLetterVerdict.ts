import type { Connector } from '@currents/connector';
import type { DeadOutcome } from '../db/schema.js';

/**
 * Whether a replay can succeed. `permanent`: the reason is in the event, so that with the present settings it would end
 * the same. `uncertain`: the partner refused it; only the partner knows. `retryable`: the reason was not in the event.
 */
export type DeadLetterVerdict = 'permanent' | 'uncertain' | 'retryable';

/** Faults of the hub or its database, which are repaired without the event. */
const repairable: ReadonlySet<string> = new Set(['batch_unreadable', 'map_threw']);

/** `map` is pure, so what it rejects it rejects again: its codes are the connector's `reasons`. */
export function verdictOf(
  connector: Pick<Connector, 'reasons'> | undefined,
  { outcome, code }: { readonly outcome: DeadOutcome; readonly code: string },
): DeadLetterVerdict {
  if (outcome === 'expired' || repairable.has(code)) return 'retryable';
  const isOfEvent = code === 'event_too_large' || Object.hasOwn(connector?.reasons ?? {}, code);
  return isOfEvent ? 'permanent' : 'uncertain';
}
