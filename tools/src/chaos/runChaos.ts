import { mkdtemp, copyFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { QueueKind } from '../bench/bench.js';
import type { Cleanup } from '../cleanup.js';
import { openRepeatingClient } from '../hub/repeatingClient.js';
import { findViolations } from './check.js';
import type { FaultContext } from './faults/context.js';
import { makeFault } from './faults/makeFault.js';
import { openChaosHub, type ChaosHub } from './hub.js';
import { startLoad } from './load.js';
import { createSchedule, type Fault, type Target } from './schedule.js';
import { createSentEvents } from './sentEvents.js';
import { createTimeline, type TimelineEntry } from './timeline.js';
import { readCurrents, watchCurrents } from './watchCurrents.js';
import { openWorkspace } from './workspace.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly queue: QueueKind;
  readonly onEntry?: (entry: TimelineEntry) => void;
}

export interface ChaosResult {
  readonly seed: number;
  readonly queue: QueueKind;
  readonly durationMs: number;
  /** Faults that could not be made here. */
  readonly without: readonly string[];
  readonly schedule: readonly Fault[];
  readonly timeline: readonly TimelineEntry[];
  readonly faultCount: number;
  /** Changes of state of Currents and processes. */
  readonly stateCount: number;
  readonly events: { readonly accepted: number; readonly quarantined: number };
  /** Requests that the senders repeated, by the failure before. */
  readonly repeated: Readonly<Record<string, number>>;
  /** Milliseconds from the last fault until nothing was pending. */
  readonly drainMs: number;
  /** Copies that the partners received, and how many of them they dropped as repeats. */
  readonly copies: { readonly stored: number; readonly dropped: number };
  readonly violations: readonly string[];
  /** The logs of the processes; undefined if there is no violation. */
  readonly logFolder: string | undefined;
}

/** After the last fault, all senders are answered within this time, and nothing is pending within the next. */
const answerMs = 90_000;
/** A process that cannot be started again for so long has a fault of its own. */
const persistMs = 120_000;
/** A worker's backoff reaches a minute, and a lost lease lasts 34 s. */
const drainMs = 300_000;
const connections = 64;

/** One seed with one queue: starts a hub, makes the faults of its schedule under load, and checks what is left. */
export async function runChaos(options: ChaosOptions, cleanup: Cleanup): Promise<ChaosResult> {
  const { seed, durationMs, queue, onEntry } = options;
  const logFolder = await mkdtemp(join(tmpdir(), 'currents-chaos-logs-'));
  let isKept = false;
  cleanup.add(logFolder, () => isKept || rm(logFolder, { recursive: true, force: true }));
  const workspace = await openWorkspace(cleanup);
  const without = [...(queue === 'redis' ? [] : ['redis']), ...(workspace.hasOwnDisk ? [] : ['postgres.diskFull'])];
  const schedule = createSchedule({ seed, durationMs, without });
  const hub = await openChaosHub({ queue, workspace, logFolder }, cleanup);
  const sent = createSentEvents();
  const timeline = createTimeline(onEntry);
  const client = openRepeatingClient(hub.apiUrl, hub.ingestToken, connections);
  cleanup.add('the sender', client.close);
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const context = { hub, client, sent, timeline, signal, ...createWaits(signal) };

  const load = startLoad({ client, seed, sent, signal });
  const stopWatching = watchCurrents(hub, timeline, sent);
  const making = makeFaults(context, schedule);
  // Ctrl-C: first nothing new is started.
  cleanup.add('the faults', async () => {
    giveUp.abort();
    await Promise.allSettled([making, load.stop(), stopWatching()]);
  });
  const violations = await making;
  timeline.add('note', 'hub', 'the faults are over');
  const endedMs = performance.now();
  violations.push(...(await answered(load.stop(), giveUp)));
  violations.push(...(await drain(hub)));
  const drainedMs = performance.now() - endedMs;
  timeline.add('note', 'hub', `nothing is pending; ${(drainedMs / 1_000).toFixed(1)} s after the last fault`);
  violations.push(...(await findViolations(hub, sent)));
  await stopWatching();
  violations.push(...(await stopProcesses(hub)));
  isKept = violations.length > 0;
  if (isKept) await copyFile(join(workspace.postgresFolder, 'server.log'), join(logFolder, 'postgres.log'));
  return {
    seed,
    queue,
    durationMs,
    without,
    schedule,
    timeline: timeline.entries,
    faultCount: timeline.count('fault'),
    stateCount: timeline.count('state'),
    events: { accepted: sent.accepted, quarantined: sent.quarantined },
    repeated: client.troubles,
    drainMs: Math.round(drainedMs),
    copies: countCopies(hub),
    violations,
    logFolder: isKept ? logFolder : undefined,
  };
}

function createWaits(signal: AbortSignal): Pick<FaultContext, 'pause' | 'persist'> {
  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal }).catch(() => undefined);
  return {
    pause,
    async persist(what, action) {
      for (const untilMs = performance.now() + persistMs; !signal.aborted; await pause(250)) {
        try {
          await action();
          return;
        } catch (cause) {
          if (performance.now() > untilMs) throw new Error(`could not ${what} for ${persistMs / 1_000} s`, { cause });
        }
      }
    },
  };
}

/** Makes the faults of each target one after another, those of different targets independently. Returns what failed. */
async function makeFaults(context: FaultContext, schedule: readonly Fault[]): Promise<string[]> {
  const { timeline, signal, pause } = context;
  const problems: string[] = [];
  const makeAll = async (target: Target): Promise<void> => {
    for (const fault of schedule.filter((each) => each.target === target)) {
      await pause(fault.atMs - timeline.nowMs());
      if (signal.aborted) return;
      await makeFault(context, fault).catch((error: Error) => {
        problems.push(`${target} ${fault.kind}: ${describeError(error)}`);
      });
    }
  };
  timeline.start();
  await Promise.all([...new Set(schedule.map(({ target }) => target))].map(makeAll));
  return problems;
}

function describeError({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

/** Waits for the answers of all requests; gives up those that do not come. */
async function answered(stopping: Promise<void>, giveUp: AbortController): Promise<string[]> {
  const timer = setTimeout(() => giveUp.abort(), answerMs);
  try {
    await stopping;
    return [];
  } catch {
    return [`requests were not answered within ${answerMs / 1_000} s after the last fault`];
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until no event is pending at any Current. */
async function drain(hub: ChaosHub): Promise<string[]> {
  let last = 'the database did not answer';
  for (const untilMs = performance.now() + drainMs; performance.now() < untilMs; await wait(100)) {
    const readings = await readCurrents(hub).catch(() => []);
    if (readings.length > 0 && readings.every(({ pending }) => pending === 0)) return [];
    if (readings.length > 0) last = JSON.stringify(readings);
  }
  return [`events are still pending ${drainMs / 1_000} s after the last fault: ${last}`];
}

/** Ends the processes as an operator does. None may have ended by itself before. */
async function stopProcesses({ slots }: ChaosHub): Promise<string[]> {
  const all = Object.entries(slots);
  const crashes = all.flatMap(([, slot]) => slot.crash() ?? []);
  const ends = await Promise.all(all.map(async ([name, slot]) => `${name}: ${await slot.stop()}`));
  return [...crashes, ...ends.filter((end) => !end.endsWith('exit code 0')).map((end) => `at the end, ${end}`)];
}

function countCopies({ mixpanel, amplitude }: ChaosHub): ChaosResult['copies'] {
  const summaries = [mixpanel.control.summary(), amplitude.control.summary()];
  const sum = (name: 'accepted' | 'duplicates'): number => summaries.reduce((total, each) => total + each[name], 0);
  return { stored: sum('accepted'), dropped: sum('duplicates') };
}
