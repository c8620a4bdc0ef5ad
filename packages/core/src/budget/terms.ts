import type { Budget } from '@currents/connector';

type Terms = Pick<Budget<never>, 'unit' | 'limit' | 'periodMs'>;

/**
 * The share of a budget that a key may use in any period: a burst at once plus a steady rate. The rest is left for
 * usage that no worker has reported, because the keys are far from their limit.
 */
const usableShare = 0.95;
/** Extra tolerance at the gate, so that items sent exactly at their due time are not refused for a millisecond. */
const gateLeeway = 0.02;

/** A single device sends in bursts; many senders together arrive evenly, and should flow at the highest rate. */
const manySenders = 100_000;

function burstShareOf({ limit }: Terms): number {
  return limit >= manySenders ? 0.05 : 0.25;
}

function rateShareOf(terms: Terms): number {
  return usableShare - burstShareOf(terms);
}

/** The limits of a budget as text. Stored with waiting events: under other terms their due times no longer hold. */
export function termsOf({ limit, unit, periodMs }: Terms): string {
  return `${limit} ${unit} in ${periodMs} ms`;
}

/** GCRA's emission interval T: the time between two events, or bytes, at the steady rate. */
export function emissionIntervalMs(terms: Terms): number {
  return terms.periodMs / (terms.limit * rateShareOf(terms));
}

/** GCRA's limit τ: how far the theoretical arrival time may be ahead of now. */
export function burstToleranceMs(terms: Terms): number {
  return (terms.periodMs * burstShareOf(terms)) / rateShareOf(terms);
}

/** The limit τ of the gate. */
export function gateToleranceMs(terms: Terms): number {
  return (terms.periodMs * (burstShareOf(terms) + gateLeeway)) / rateShareOf(terms);
}

/** How much earlier the gate opens than the first queued item is due. */
export function slackMs(terms: Terms): number {
  return gateToleranceMs(terms) - burstToleranceMs(terms);
}

/** Rounds up to a step that all workers share, so that waiting events are sent in a few groups and in order. */
export function roundUpToStep(atMs: number, terms: Terms): number {
  const stepMs = burstToleranceMs(terms) / 2;
  return Math.ceil(Math.ceil(atMs / stepMs) * stepMs);
}
