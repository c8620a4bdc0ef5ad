import { choice, flag, number } from '../../options.js';
import { defineBench, queueKinds } from '../bench.js';
import { openHub } from '../hub/openHub.js';
import { openGenerator, openSink } from '../programs/open.js';
import { median } from '../reading/percentiles.js';
import { limits } from './judge.js';
import { measureReplay } from './measureReplay.js';

const connections = 64;

/** Live events beside a replay. */
export const replay = defineBench({
  name: 'npm run bench -- --only replay',
  summary: `Measures what a replay of stored events costs the live events of the same Current: their p95 from acceptance to
arrival, alone and while the replay is under way, in rounds of both. Beside it: whether a replay sends what its plan
counted, how fast it is, and how soon it ends when it is cancelled. It ends all that it starts. Exit code 1 when the p95
is more than ${limits.ratio} times and more than ${limits.moreMs} ms above that of live events alone, cancelling takes more than ${limits.cancelMs / 1_000} s,
or a count is wrong. Linux only.`,
  options: {
    only: choice(['replay'], 'replay', 'this bench'),
    events: number(100_000, 10_000, 10_000_000, 'stored events, which each round replays', 10_000),
    rate: number(2_000, 100, 100_000, 'live events a second', 500),
    seconds: number(10, 1, 600, 'how long live events are measured, at the least', 3),
    rounds: number(3, 1, 50, 'rounds; live events alone and beside a replay take turns, medians count', 1),
    requestEvents: number(25, 1, 5_000, 'events of a request; the platform sends up to 100'),
    seed: number(1, 0, 2 ** 31, 'seed of the events'),
    queue: choice(queueKinds, 'postgres', 'where the queue is'),
    quick: flag('one short round with few events'),
  },
  async run(given, stage) {
    const { cleanup, folder, progress, print, fail } = stage;
    const target = await openSink(cleanup);
    progress('writing request bodies');
    const { generator } = await openGenerator(cleanup, given);
    progress(`starting a hub, queue in ${given.queue}`);
    const hub = await openHub({ queue: given.queue, sinkUrl: target.url, folder }, cleanup);
    if (!hub) throw new Error('there is no redis-server on this machine');
    const measured = await measureReplay(hub, { generator, sink: target.sink, connections }, given, progress);

    const { rounds, ratio, moreMs, isMet, planned, planMs, cancelled, sent, arrived, faults, troubles } = measured;
    const middle = (read: (round: (typeof rounds)[number]) => number): number => median(rounds.map(read));
    const [alone, beside] = [middle((each) => each.alone.p95), middle((each) => each.beside.p95)];
    const pairs = rounds.map((each) => `${each.alone.p95.toFixed(0)} → ${each.beside.p95.toFixed(0)}`).join(', ');
    print(`${whole(planned)} stored events are replayed beside ${whole(given.rate)} live events a second:`);
    print(
      `  live p95 ${alone.toFixed(0)} ms alone, ${beside.toFixed(0)} ms beside it; by rounds ${ratio.toFixed(2)}×, ${moreMs.toFixed(0)} ms more (${pairs})  [target ≤ ${limits.ratio}×, or ≤ ${limits.moreMs} ms more: ${verdict(isMet)}]`,
    );
    print(
      `  replayed at ${whole(middle((each) => each.eventsPerSecond))} events/s; planned in ${planMs.toFixed(0)} ms`,
    );
    const isSoon = cancelled.ms <= limits.cancelMs;
    print(
      `  cancelled in ${cancelled.ms.toFixed(0)} ms, with ${whole(cancelled.cancelledCount)} of ${whole(cancelled.eventCount)} events not sent  [target ≤ ${limits.cancelMs} ms: ${verdict(isSoon)}]`,
    );
    if (faults.length === 0)
      print(
        `  balances: ${sent} sent + ${arrived - sent} replayed = ${arrived} arrived; each plan counted what was sent`,
      );
    if (troubles.length > 0)
      print(`  ${troubles.length} warnings in its log; the first: ${troubles[0]?.slice(0, 400)}`);
    if (!isMet) fail(`live events are ${ratio.toFixed(2)}× as slow beside a replay, ${moreMs.toFixed(0)} ms more`);
    if (!isSoon) fail(`cancelling took ${cancelled.ms.toFixed(0)} ms`);
    for (const fault of faults) fail(fault);
    return measured;
  },
});

function verdict(isMet: boolean): string {
  return isMet ? 'met' : 'MISSED';
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}
