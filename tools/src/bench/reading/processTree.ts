import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface Stat {
  readonly parentId: number;
  readonly ticks: number;
  /** Of ended children that were waited for. */
  readonly reapedTicks: number;
}

/** Throws without /proc, which only Linux has, and when the process has ended. */
export function readTree(rootId: number) {
  if (process.platform !== 'linux') {
    throw new Error(
      `the bench reads CPU time and memory from /proc, and so runs on Linux only; this is ${process.platform}`,
    );
  }
  const stats = readStats();
  if (!stats.has(rootId)) throw new Error(`process ${rootId} is gone, and its CPU time with it`);
  const members = membersOf(rootId, stats);
  let cpuMicros = 0;
  let peakBytes = 0;
  for (const id of members) {
    const { ticks = 0, reapedTicks = 0 } = stats.get(id) ?? {};
    // The scheduler counts the nanoseconds of living threads; ticks also count those of threads that have ended.
    cpuMicros += Math.max(ticks * microsPerTick(), scheduledMicrosOf(id)) + reapedTicks * microsPerTick();
    peakBytes = Math.max(peakBytes, peakOf(id));
  }
  return {
    /** CPU time of the process and all its descendants, including ended ones that were waited for. */
    cpuMicros,
    /** The peak memory of the largest of these processes (VmHWM). */
    peakBytes,
  };
}

/** The process and all its living descendants. */
export function findTree(rootId: number): readonly number[] {
  return [...membersOf(rootId, readStats())];
}

function membersOf(rootId: number, stats: ReadonlyMap<number, Stat>): ReadonlySet<number> {
  const members = new Set([rootId]);
  // A child's id can be below its parent's once ids are reused, so one pass is not enough.
  for (let before = 0; before < members.size;) {
    before = members.size;
    for (const [id, { parentId }] of stats) if (members.has(parentId)) members.add(id);
  }
  return members;
}

function readStats(): Map<number, Stat> {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const id = Number(name);
    if (!(id > 0)) continue;
    try {
      // The name is in parentheses and may contain any character: parse after the last parenthesis.
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = text
        .slice(text.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      // proc(5): parent is field 4; utime, stime, cutime and cstime are fields 14 to 17; the state, cut off here, is 3.
      const [own, ofSystem, reaped, reapedOfSystem] = fields.slice(11, 15) as [number, number, number, number];
      stats.set(id, { parentId: fields[1] as number, ticks: own + ofSystem, reapedTicks: reaped + reapedOfSystem });
    } catch {
      // Ended in the meantime: its parent has its CPU time, or will have.
    }
  }
  return stats;
}

function peakOf(id: number): number {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'));
    return Number(found?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * CPU time of the living threads of a process, by the first number of `schedstat`
 * (https://docs.kernel.org/scheduler/sched-stats.html). It is exact where ticks are cut to 10 ms per process, which is as
 * much as an idle hub uses in a second. 0 where the kernel has no such file.
 */
function scheduledMicrosOf(id: number): number {
  let nanoseconds = 0;
  try {
    for (const thread of readdirSync(`/proc/${id}/task`)) {
      const [ran] = readFileSync(`/proc/${id}/task/${thread}/schedstat`, 'utf8').split(' ');
      nanoseconds += Number(ran);
    }
  } catch {
    // A thread has just ended, or the kernel does not count: ticks are what is left.
  }
  return nanoseconds / 1_000;
}

let tickMicros: number | undefined;

function microsPerTick(): number {
  return (tickMicros ??= 1_000_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })));
}
