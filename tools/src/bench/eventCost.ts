import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { choice, flag, number, text, type OptionValues } from '../options.js';
import { defineBench, inScope, queuesOf, type QueueKind, type Stage } from './bench.js';
import { compare } from './compare.js';
import { benchDestinationNames } from './destinations.js';
import { checkBalance } from './hub/balance.js';
import { openHub, type Hub } from './hub/openHub.js';
import { measureBacklog } from './measures/backlog.js';
import { openDurableScript } from './measures/durableScript.js';
import { prepareFloor, warmUpEventsOf } from './measures/floor.js';
import { measureLatency } from './measures/latency.js';
import { warmUpRounds } from './measures/meter.js';
import { measureThroughput, type Throughput } from './measures/throughput.js';
import { openGenerator, openSink } from './programs/open.js';
import { describeProfile, type CpuProfile } from './reading/profile.js';
import { describeResult } from './report.js';
import type { BenchResult, NotRun, QueueResult, Round } from './result.js';

const parts = ['floor', 'throughput', 'latency', 'backlog'] as const;

const options = {
  events: number(200_000, 1_000, 10_000_000, 'events of a round', 40_000),
  rounds: number(3, 1, 50, 'rounds; floor and hub take turns, medians count', 2),
  rate: number(10_000, 100, 1_000_000, 'events a second while delays are measured'),
  rateSeconds: number(10, 1, 600, 'how long delays are measured', 4),
  backlog: number(1_000_000, 1_000, 20_000_000, 'events stored before one worker drains them', 60_000),
  requestEvents: number(100, 1, 5_000, 'events of a request; the platform sends up to 100'),
  connections: number(64, 1, 1_000, 'connections of the generator'),
  seed: number(1, 0, 2 ** 31, 'seed of the events'),
  destination: choice(benchDestinationNames, 'mixpanel', 'the destination of the Current and of the script'),
  queue: choice(['postgres', 'redis', 'both'], 'both', 'where the queue is'),
  only: choice(parts, undefined, 'one part alone'),
  quick: flag('smaller numbers: about a minute in all'),
  profile: text('DIR', undefined, 'profiles api and worker, which slows them down; lists the busiest functions'),
  compare: text('DIR', undefined, 'only compares the hub of another built checkout with this one, in turns'),
  pairs: number(10, 1, 100, 'with --compare: pairs of new hubs', 2),
};

export type Options = OptionValues<typeof options>;

/** The cost of an event, from the request to the partner. */
export const eventCost = defineBench({
  name: 'npm run bench',
  summary: `Measures what an event costs, from the request to the partner, beside a bare script that only forwards events,
and beside a durable one that stores them before it answers.
Everything runs on this machine: Postgres, Redis if there is one, api, worker, a generator of events, and a sink that
accepts them. It ends all that it starts. Exit code 1 when an event is lost. Linux only, because it reads /proc.
With --only curve it measures the cost by rate and number of Currents, with --only replay live events beside a replay,
with --only lookup how long it takes to find an event, with --only rules what field rules cost, with --only soak whether a
hub that runs for long needs more and more, with --only console how fast and accessible the console loads; each with --help
explains its options.`,
  options,
  run: (given, stage) => (given.compare === undefined ? measure(given, stage) : compare(given.compare, given, stage)),
});

async function measure(given: Options, stage: Stage): Promise<BenchResult> {
  const { progress, print } = stage;
  const wants = (part: (typeof parts)[number]): boolean => given.only === undefined || given.only === part;
  const target = await openSink(stage.cleanup);
  progress('writing request bodies');
  const { generator, eventBytes } = await openGenerator(stage.cleanup, given);
  const traffic = { generator, sink: target.sink, connections: given.connections };

  const runFloor = wants('floor') ? await prepareFloor(stage, target, given) : async () => [];
  const runDurableScript = wants('floor') ? await prepareDurableScript() : () => Promise.resolve(undefined);
  const queues: Partial<Record<QueueKind, QueueResult | NotRun>> = {};
  const wantsHub = given.only !== 'floor';
  for (const queue of wantsHub ? queuesOf(given.queue) : []) {
    progress(`starting a hub, queue in ${queue}`);
    queues[queue] = await inScope(stage.cleanup, `the hub on ${queue}`, async (cleanup) => {
      const profileFolder = given.profile && join(given.profile, queue);
      if (profileFolder !== undefined) await mkdir(profileFolder, { recursive: true });
      const hub = await openHub(
        { queue, sinkUrl: target.url, destination: given.destination, folder: stage.folder, profileFolder },
        cleanup,
      );
      if (hub) return measureHub(hub);
      const notRun = 'there is no redis-server on this machine';
      progress(`!!! THE HUB ON ${queue.toUpperCase()} DOES NOT RUN: ${notRun}`);
      return { notRun };
    });
  }
  const floorRounds = wantsHub
    ? Object.values(queues).flatMap((measured) => ('notRun' in measured ? [] : measured.rounds))
    : await repeat(given.rounds, async () => ({
        floor: await runFloor(),
        durableScript: await runDurableScript(),
        hub: undefined,
      }));
  const result = { eventBytes, floorRounds, queues };
  for (const line of describeResult(result)) print(line);
  for (const [queue, measured] of Object.entries(queues)) {
    if ('notRun' in measured) continue;
    if (given.profile !== undefined) await describeProfiles(join(given.profile, queue), measured.balance.sent);
    for (const fault of measured.balance.faults) stage.fail(fault);
  }
  return result;

  /** Warmed up as a hub is; the returned function measures it once. */
  async function prepareDurableScript(): Promise<() => Promise<Throughput>> {
    progress('starting the durable script');
    const { destination } = given;
    const flow = await openDurableScript(traffic, { sinkUrl: target.url, destination }, stage.cleanup);
    await repeat(warmUpRounds, () => flow(given.events));
    return async () => {
      await flow(warmUpEventsOf(given.events));
      const measured = await flow(given.events);
      const { eventsPerSecond, sumMicros } = measured;
      progress(`durable script: ${Math.round(eventsPerSecond)} events/s, ${sumMicros.toFixed(1)} µs/event`);
      return measured;
    };
  }

  async function measureHub(hub: Hub): Promise<QueueResult> {
    let sent = 0;
    const sunk = async (): Promise<number> => (await traffic.sink.call('arrivals')).events;
    /** Events at the sink that this hub did not send. */
    let foreign = await sunk();

    async function flow(events: number): Promise<Throughput> {
      const measured = await measureThroughput(hub, traffic, events);
      sent += measured.events;
      return measured;
    }

    let rounds: readonly Round[] = [];
    if (wants('throughput')) {
      progress('warming up');
      await repeat(warmUpRounds, () => flow(given.events));
      rounds = await repeat(given.rounds, async () => {
        const before = await sunk();
        const floor = await runFloor();
        const durableScript = await runDurableScript();
        foreign += (await sunk()) - before;
        await flow(warmUpEventsOf(given.events));
        const measured = await flow(given.events);
        progress(`hub: ${Math.round(measured.eventsPerSecond)} events/s, ${measured.sumMicros.toFixed(1)} µs/event`);
        return { floor, durableScript, hub: measured };
      });
    }
    let latency;
    if (wants('latency')) {
      progress(`${given.rate} events a second for ${given.rateSeconds} s`);
      latency = await measureLatency(hub, traffic, given.rate, given.rateSeconds);
      sent += latency.events;
    }
    let backlog;
    if (wants('backlog')) {
      progress(`storing a backlog of ${given.backlog} events`);
      backlog = await measureBacklog(hub, traffic, given.backlog, progress);
      sent += backlog.events;
    }
    const balance = await checkBalance(hub, sent, (await sunk()) - foreign);
    return { rounds, latency, backlog, balance, troubles: await hub.troubles() };
  }

  /** A worker that was replaced for a backlog has handled an unknown part of the events. */
  async function describeProfiles(folder: string, sent: number): Promise<void> {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile')).sort();
    for (const name of names) {
      const profile = JSON.parse(await readFile(join(folder, name), 'utf8')) as CpuProfile;
      print(`\n${join(folder, name)}`);
      for (const line of describeProfile(profile, name.startsWith('api') || !wants('backlog') ? sent : undefined))
        print(`  ${line}`);
    }
  }
}

async function repeat<Value>(times: number, turn: () => Promise<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for (let time = 0; time < times; time++) values.push(await turn());
  return values;
}
