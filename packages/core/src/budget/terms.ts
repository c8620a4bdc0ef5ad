import type { Budget } from '@currents/connector';

type Terms = Pick<Budget<never>, 'unit' | 'allow' | 'perMs'>;

/**
 * Within any period a key may use its burst at once, and a share at an even pace; together this much of the budget. The
 * rest is what keys may use that no worker has reported yet, because they are far from their limit.
 */
const usedShare = 0.95;
/** At the gate a little more, so that whoever comes at the appointed time is not turned away for a millisecond. */
const leeway = 0.02;

/** One device does all at once and then nothing; what many send together comes evenly, and should flow as fast as it may. */
const manySenders = 100_000;

function burstShareOf({ allow }: Terms): number {
  return allow >= manySenders ? 0.05 : 0.25;
}

function paceShareOf(terms: Terms): number {
  return usedShare - burstShareOf(terms);
}

/** A budget's terms in words: with other terms, places in its queue have no meaning any more. */
export function termsOf({ allow, unit, perMs }: Terms): string {
  return `${allow} ${unit} in ${perMs} ms`;
}

/** How long one event, or one byte, keeps its key busy. */
export function unitMs(terms: Terms): number {
  return terms.perMs / (terms.allow * paceShareOf(terms));
}

export function burstMs(terms: Terms): number {
  return (terms.perMs * burstShareOf(terms)) / paceShareOf(terms);
}

export function gateMs(terms: Terms): number {
  return (terms.perMs * (burstShareOf(terms) + leeway)) / paceShareOf(terms);
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
