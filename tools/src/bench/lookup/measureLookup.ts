import type { Hub } from '../hub/openHub.js';
import { checkBalance } from '../hub/balance.js';
import { createRandom } from '../../fakes/random.js';
import { untilSettled } from '../measures/arrival.js';
import { startMeter } from '../measures/meter.js';
import type { Traffic } from '../programs/open.js';
import { percentile } from '../reading/percentiles.js';
import { measureLive } from '../replay/liveDelays.js';
import { timeCommandLine } from './commandLine.js';
import { fillDays } from './fillDays.js';
import { openCounter } from './openedRows.js';
import { questions } from './questions.js';
import { openSampler } from './sampler.js';
import { sizeOfIndex } from './sizeOfIndex.js';

export interface LookupOptions {
  readonly events: number;
  readonly days: number;
  readonly rate: number;
  readonly lookups: number;
  readonly seed: number;
}

/** The look-ups of one kind; times in milliseconds. */
export interface LookupTimes {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Rows that a look-up opens: on average, at most, and on average without the event that it looks for. */
  readonly openedRows: number;
  readonly maxOpenedRows: number;
  readonly falseRows: number;
}

const pieceSeconds = 2;
const warmUpLookups = 3;
/** Look-ups with the command line. */
const commands = 10;

/** Fills a hub, and looks events up one after another while live events come in. */
export async function measureLookup(
  hub: Hub,
  traffic: Traffic,
  given: LookupOptions & { readonly fillApis: number; readonly fillConnections: number },
  progress: (text: string) => void,
) {
  const faults: string[] = [];
  const stored = await fillDays(
    hub,
    traffic,
    { ...given, apis: given.fillApis, connections: given.fillConnections },
    progress,
  );
  const size = await sizeOfIndex(hub.sql, stored);
  const sampler = await openSampler(hub.sql, createRandom(given.seed));
  const counter = openCounter(hub);
  const asked: Record<string, { readonly ms: number[]; readonly opened: number[]; readonly inVain: number[] }> = {};

  async function lookUp(kind: string): Promise<void> {
    const { question, ask } = await (questions[kind] as (typeof questions)[string])(sampler);
    const startedMs = performance.now();
    const faultOf = await ask(hub.admin);
    const ms = performance.now() - startedMs;
    const fault = faultOf();
    if (fault !== undefined) faults.push(`${kind}: ${fault}`);
    const { openedRows, falseRows } = await counter.count(question);
    const { ms: times, opened, inVain } = (asked[kind] ??= { ms: [], opened: [], inVain: [] });
    times.push(ms);
    opened.push(openedRows);
    inVain.push(falseRows);
  }

  /** The kinds take turns, so that none has the busiest time for itself. */
  async function lookAllUp(times: number): Promise<void> {
    for (let time = 0; time < times; time++) for (const kind of Object.keys(questions)) await lookUp(kind);
  }

  try {
    progress('warming up');
    const rate = { eventsPerSecond: given.rate, seconds: pieceSeconds };
    const warmUp = await measureLive(hub, traffic, rate, async () => {
      await lookAllUp(warmUpLookups);
      return { arrivals: 0 };
    });
    await untilSettled(hub);
    for (const kind of Object.keys(asked)) delete asked[kind];
    progress(`looking ${given.lookups} events of each kind up beside ${given.rate} events a second`);
    const stopMeter = startMeter(hub, traffic);
    const live = await measureLive(hub, traffic, rate, async () => {
      await lookAllUp(given.lookups);
      return { arrivals: 0 };
    });
    await untilSettled(hub);
    const cost = stopMeter(live.events);
    const balance = await checkBalance(
      hub,
      stored + warmUp.events + live.events,
      (await traffic.sink.call('arrivals')).events,
    );
    faults.push(...balance.faults);
    const commandLine = await timeCommandLine(hub, sampler, commands);
    faults.push(...commandLine.faults);
    const times = Object.fromEntries(
      Object.entries(asked).map(([kind, { ms, opened, inVain }]) => [kind, timesOf(ms, opened, inVain)]),
    );
    const { delays, answers, reachedPerSecond } = live;
    return {
      stored,
      ...size,
      times,
      commandLine: commandLine.times,
      live: { events: live.events, reachedPerSecond, delays, answers, ...cost },
      faults,
      troubles: await hub.troubles(),
    };
  } finally {
    await counter.close();
  }
}

function timesOf(ms: readonly number[], opened: readonly number[], inVain: readonly number[]): LookupTimes {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    count: ms.length,
    p50: percentile(ms, 0.5),
    p95: percentile(ms, 0.95),
    p99: percentile(ms, 0.99),
    max: percentile(ms, 1),
    openedRows: mean(opened),
    maxOpenedRows: Math.max(...opened),
    falseRows: mean(inVain),
  };
}
