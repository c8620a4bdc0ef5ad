import { setTimeout as wait } from 'node:timers/promises';
import { readTally } from '../hub/balance.js';
import type { Hub } from '../hub/openHub.js';
import type { Program } from '../programs/program.js';
import type { Arrivals, Sink } from '../programs/sink.js';

/** A wait fails after this long without progress. */
const standstillMs = 30_000;
const lookMs = 20;

/** Resolves when the sink has received this many events in total. Rejects after 30 s without a new one. */
export async function untilArrived(sink: Program<Sink>, events: number): Promise<Arrivals> {
  let seen = -1;
  for (let movedMs = Date.now(); ; await wait(lookMs)) {
    const arrivals = await sink.call('arrivals');
    if (arrivals.events >= events) return arrivals;
    if (arrivals.events > seen) movedMs = Date.now();
    seen = arrivals.events;
    if (Date.now() - movedMs > standstillMs) {
      throw new Error(
        `expected ${events} events at the sink, got ${seen}, and none in the last ${standstillMs / 1000} s`,
      );
    }
  }
}

/** Resolves when the hub has recorded an outcome for every selected event. `bench --compare` calls this function of other commits. */
export async function untilSettled(hub: Pick<Hub, 'sql' | 'currentId'>, withinMs = standstillMs): Promise<void> {
  for (const endMs = Date.now() + withinMs; ; await wait(lookMs)) {
    const { selected, delivered, skipped, rejected, expired } = await readTally(hub);
    const pending = selected - delivered - skipped - rejected - expired;
    if (pending === 0) return;
    if (Date.now() > endMs)
      throw new Error(`all events arrived, but ${pending} are still pending after ${withinMs / 1000} s`);
  }
}
