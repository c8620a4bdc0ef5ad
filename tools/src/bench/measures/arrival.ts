import { setTimeout as wait } from 'node:timers/promises';
import { readTally } from '../hub/balance.js';
import type { Hub } from '../hub/openHub.js';
import type { Program } from '../programs/program.js';
import type { Arrivals, Sink } from '../programs/sink.js';

/** Without anything new for this long, what is missing is given up. */
const standstillMs = 30_000;
const lookMs = 20;

/** Resolves when the sink has seen so many events in all. Rejects when nothing moves any more. */
export async function untilArrived(sink: Program<Sink>, events: number): Promise<Arrivals> {
  let seen = -1;
  for (let movedMs = Date.now(); ; await wait(lookMs)) {
    const arrivals = await sink.call('arrivals');
    if (arrivals.events >= events) return arrivals;
    if (arrivals.events > seen) movedMs = Date.now();
    seen = arrivals.events;
    if (Date.now() - movedMs > standstillMs) {
      throw new Error(
        `wanted ${events} events at the sink; ${seen} arrived, and none in the last ${standstillMs / 1000} s`,
      );
    }
  }
}

/** Resolves when the hub has recorded an outcome for everything it took. */
export async function untilSettled(hub: Pick<Hub, 'sql' | 'currentId'>, withinMs = standstillMs): Promise<void> {
  for (const endMs = Date.now() + withinMs; ; await wait(lookMs)) {
    const { selected, delivered, skipped, rejected, expired } = await readTally(hub);
    const pending = selected - delivered - skipped - rejected - expired;
    if (pending === 0) return;
    if (Date.now() > endMs)
      throw new Error(`all events arrived, but ${pending} are still pending after ${withinMs / 1000} s`);
  }
}
