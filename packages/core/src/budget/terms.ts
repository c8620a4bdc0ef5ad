import type { Budget } from '@currents/connector';

type Terms = Pick<Budget<never>, 'unit' | 'allow' | 'perMs'>;

/**
 * Within any period a key may use its burst at once, and a share at an even pace; together 95 % of the budget. The rest
 * is what keys may use that no worker has reported yet, because they are far from their limit.
 */
const burstShare = 0.25;
const paceShare = 0.7;
/** At the gate a little more, so that whoever comes at the appointed time is not turned away for a millisecond. */
const gateShare = 0.27;

/** A budget's terms in words: with other terms, places in its queue have no meaning any more. */
export function termsOf({ allow, unit, perMs }: Terms): string {
  return `${allow} ${unit} in ${perMs} ms`;
}

/** How long one event, or one byte, keeps its key busy. */
export function unitMs({ allow, perMs }: Terms): number {
  return perMs / (allow * paceShare);
}

export function burstMs({ perMs }: Terms): number {
  return (perMs * burstShare) / paceShare;
}

export function gateMs({ perMs }: Terms): number {
  return (perMs * gateShare) / paceShare;
}

/** What the gate opens by before the first of those comes who have a place. */
export function slackMs(terms: Terms): number {
  return gateMs(terms) - burstMs(terms);
}

/** That moment or the next that all workers share: so a crowd leaves in a few groups and not one by one, and keeps its order. */
export function onStep(atMs: number, terms: Terms): number {
  const stepMs = burstMs(terms) / 2;
  return Math.ceil(Math.ceil(atMs / stepMs) * stepMs);
}
