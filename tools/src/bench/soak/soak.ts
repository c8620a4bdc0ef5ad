import { Redis } from 'ioredis';
import { choice, flag, number } from '../../options.js';
import { defineBench, queueKinds } from '../bench.js';
import { checkBalance } from '../hub/balance.js';
import { openHub } from '../hub/openHub.js';
import { untilSettled } from '../measures/arrival.js';
import { openGenerator, openSink } from '../programs/open.js';
import { measureLive } from '../replay/liveDelays.js';
import { allowed, judgeSoak, type Trend } from './judge.js';
import { takeSample, type Sample } from './sample.js';

const connections = 64;
/** A progress line is printed every so many samples. */
const samplesPerLine = 6;
const minSamples = 8;
const megabyte = 1024 * 1024;

/** A hub that runs for a while at a steady rate. */
export const soak = defineBench({
  name: 'npm run bench -- --only soak',
  summary: `Runs a hub at a steady rate, by default half of that at which the bench measures delays, and looks at regular
intervals at the memory of api and worker, the size of every table, and what is pending. It compares the second with the
last quarter of the run. It ends all that it starts. Exit code 1 when something grows that should not: by more than
${Math.round((allowed.ratio - 1) * 100)} % and ${allowed.bytes / megabyte} MB, or when a count is wrong. Linux only.`,
  options: {
    only: choice(['soak'], 'soak', 'this bench'),
    minutes: number(30, 1, 10_000, 'how long it runs', 1),
    rate: number(5_000, 100, 100_000, 'events a second', 500),
    sampleSeconds: number(10, 1, 600, 'seconds from one look to the next', 3),
    requestEvents: number(100, 1, 5_000, 'events of a request; the platform sends up to 100'),
    seed: number(1, 0, 2 ** 31, 'seed of the events'),
    queue: choice(queueKinds, 'postgres', 'where the queue is'),
    quick: flag('a minute with few events'),
  },
  async run(given, { cleanup, folder, progress, print, fail }) {
    if (given.minutes * 60 < given.sampleSeconds * minSamples)
      throw new Error(
        `expected time for ${minSamples} samples, got ${given.minutes} minutes and one in ${given.sampleSeconds} s`,
      );
    const target = await openSink(cleanup);
    progress('writing request bodies');
    const { generator } = await openGenerator(cleanup, given);
    progress(`starting a hub, queue in ${given.queue}`);
    const hub = await openHub({ queue: given.queue, sinkUrl: target.url, folder }, cleanup);
    if (!hub) throw new Error('there is no redis-server on this machine');
    const redis = hub.redisUrl === undefined ? undefined : new Redis(hub.redisUrl);
    if (redis) cleanup.add('a connection to Redis', () => redis.disconnect());
    const traffic = { generator, sink: target.sink, connections };

    const samples: Sample[] = [];
    const startedMs = performance.now();
    let events = 0;
    while (performance.now() - startedMs < given.minutes * 60_000) {
      const piece = { eventsPerSecond: given.rate, seconds: given.sampleSeconds };
      const measured = await measureLive(hub, traffic, piece);
      events += measured.events;
      const redisBytes = redis && Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
      const seconds = (performance.now() - startedMs) / 1_000;
      const sample = { seconds, events, p95: measured.delays.p95, redisBytes, ...(await takeSample(hub)) };
      samples.push(sample);
      if (samples.length % samplesPerLine === 0)
        progress(
          `${whole(events)} events; api ${megabytes(sample.residentBytes['api'])}, worker ${megabytes(sample.residentBytes['worker'])}; ${whole(sample.pending)} pending; p95 ${sample.p95.toFixed(0)} ms`,
        );
    }
    await untilSettled(hub);
    const balance = await checkBalance(hub, events, (await target.sink.call('arrivals')).events);
    const trends = judgeSoak(samples);
    const troubles = await hub.troubles();

    print(`${whole(events)} events in ${given.minutes} minutes, queue in ${given.queue}; second → last quarter:`);
    for (const trend of trends.filter(isWorthALine)) print(`  ${describe(trend)}`);
    print(`  ${trends.filter((trend) => !isWorthALine(trend)).length} other tables stay below 1 MB or do not grow`);
    print(
      balance.balances
        ? `  balances: ${events} sent = ${balance.delivered} delivered = ${balance.arrived} arrived`
        : '',
    );
    if (troubles.length > 0)
      print(`  ${troubles.length} warnings in its log; the first: ${troubles[0]?.slice(0, 400)}`);
    for (const trend of trends) if (!trend.isFlat) fail(`${describe(trend)}: expected it to stay as it was`);
    for (const fault of balance.faults) fail(fault);
    return { events, samples, trends, balance, troubles };
  },
});

/** Small tables that do not grow tell nothing. */
function isWorthALine({ name, before, after, isFlat }: Trend): boolean {
  return !isFlat || !name.startsWith('table ') || (after > megabyte && after > before);
}

function describe({ name, before, after }: Trend): string {
  const shown = name.includes('event') ? whole : megabytes;
  return `${name.padEnd(28)} ${shown(before)} → ${shown(after)}`;
}

function megabytes(bytes: number | undefined): string {
  return `${((bytes ?? NaN) / megabyte).toFixed(1)} MB`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}
