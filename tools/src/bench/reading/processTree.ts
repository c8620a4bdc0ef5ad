import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface Stat {
  readonly parentId: number;
  readonly ticks: number;
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
  let ticks = 0;
  let peakBytes = 0;
  for (const id of members) {
    ticks += stats.get(id)?.ticks ?? 0;
    peakBytes = Math.max(peakBytes, peakOf(id));
  }
  return {
    /** CPU time of the process and all its descendants, including ended ones that were waited for. */
    cpuMicros: (ticks * 1_000_000) / ticksPerSecond(),
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
      stats.set(id, { parentId: fields[1] as number, ticks: own + ofSystem + reaped + reapedOfSystem });
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

let tickRate: number | undefined;

function ticksPerSecond(): number {
  return (tickRate ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })));
}
