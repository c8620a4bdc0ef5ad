import { readTally } from '../hub/balance.js';
import type { Hub } from '../hub/openHub.js';
import { untilArrived, untilSettled } from '../measures/arrival.js';
import type { Spread } from '../measures/latency.js';
import type { Traffic } from '../programs/open.js';
import { judge, faultsOfTotals } from './judge.js';
import { measureLive } from './liveDelays.js';
import { createReplays, type ReplayCounts, type StoredTime } from './replayJobs.js';

export interface ReplayOptions {
  readonly events: number;
  readonly rate: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** A round: live events alone and beside a replay. Times in milliseconds. */
export interface ReplayRound {
  readonly alone: Spread;
  readonly beside: Spread;
  readonly replay: ReplayCounts;
  /** From the request for the replay until its last event was final. */
  readonly eventsPerSecond: number;
}

/**
 * While a replay is cancelled the sink answers after this time, so that the replay is on its way: its first 10,000 events
 * take ten requests, one after the other.
 */
const cancelAnswerMs = 400;
const warmUpSeconds = 5;

/** Measures live traffic of a hub alone and beside replays of what was stored before. */
export async function measureReplay(
  hub: Hub,
  traffic: Traffic,
  given: ReplayOptions,
  progress: (text: string) => void,
) {
  const { generator, sink } = traffic;
  const rate = { eventsPerSecond: given.rate, seconds: given.seconds };
  let sent = 0;
  const live = async <Result extends { readonly arrivals: number }>(beside?: () => Promise<Result>) => {
    const measured = await measureLive(hub, traffic, rate, beside);
    sent += measured.events;
    await untilSettled(hub);
    return measured;
  };

  async function store(): Promise<StoredTime & { readonly events: number }> {
    const from = new Date();
    const { url, token } = hub;
    const { connections } = traffic;
    const flow = await generator.call('flood', { url, token, connections, events: given.events });
    await untilArrived(sink, (sent += flow.events));
    await untilSettled(hub);
    return { from, to: new Date(), events: flow.events };
  }

  progress('warming up');
  sent += (await measureLive(hub, traffic, { ...rate, seconds: Math.min(warmUpSeconds, given.seconds) })).events;
  await untilSettled(hub);
  progress(`storing ${given.events} events`);
  const stored = await store();
  // Even a slow machine replays a thousand events a second.
  const replays = createReplays(hub, stored, 60_000 + stored.events);
  const planStartedMs = performance.now();
  const { eventCount: planned } = await replays.run({ dryRun: true });
  const planMs = performance.now() - planStartedMs;

  const rounds: ReplayRound[] = [];
  for (let round = 0; round < given.rounds; round++) {
    const alone = async () => (await live()).delays;
    const beside = async () => {
      const startedMs = performance.now();
      const { delays, result } = await live(async () => {
        const counts = await replays.run({ dryRun: false });
        return { arrivals: counts.deliveredCount, counts, ms: performance.now() - startedMs };
      });
      if (!result) throw new Error('expected a replay beside live events');
      return { delays, replay: result.counts, eventsPerSecond: (result.counts.deliveredCount * 1_000) / result.ms };
    };
    // The order changes, so that a trend of the machine does not count for one of the two.
    const first = round % 2 === 0 ? await alone() : undefined;
    const { delays, ...replayed } = await beside();
    const measured = { alone: first ?? (await alone()), beside: delays, ...replayed };
    rounds.push(measured);
    progress(
      `live p95 ${measured.alone.p95.toFixed(0)} ms alone, ${measured.beside.p95.toFixed(0)} ms beside; ${Math.round(measured.eventsPerSecond)} events/s replayed`,
    );
  }

  progress('cancelling a replay');
  await sink.call('answerAfter', cancelAnswerMs);
  const { result: cancelled } = await live(async () => {
    const counts = await replays.cancel();
    return { arrivals: counts.deliveredCount, ...counts };
  });
  await sink.call('answerAfter', 0);
  if (!cancelled) throw new Error('expected a replay that was cancelled');
  const [arrived, tally] = [(await sink.call('arrivals')).events, await readTally(hub)];
  return {
    stored: stored.events,
    planned,
    planMs,
    rounds,
    ...judge(rounds.map(({ alone, beside }) => ({ alone: alone.p95, beside: beside.p95 }))),
    cancelled,
    sent,
    arrived,
    faults: faultsOfTotals({
      stored: stored.events,
      sent,
      planned,
      replays: rounds.map(({ replay }) => replay),
      cancelled,
      arrived,
      tally,
    }),
    troubles: await hub.troubles(),
  };
}
