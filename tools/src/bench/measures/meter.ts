import type { Hub } from '../hub/openHub.js';
import { readTree } from '../reading/processTree.js';
import type { Traffic } from './traffic.js';

/** What the processes of the hub and of the bench used for a number of events. */
export interface Cost {
  /** CPU µs per event, by process; of Postgres with all its children. */
  readonly cpuMicros: Readonly<Record<string, number>>;
  /** Api, worker and stores together. */
  readonly sumMicros: number;
  /** CPU µs per event that the bench itself used on the same cores. */
  readonly benchMicros: number;
  /** Peak memory of each process since it started; of Postgres, of its largest single process. */
  readonly peakBytes: Readonly<Record<string, number>>;
}

/** Starts measuring; the returned function ends it. A process started meanwhile is measured from its start. */
export function startMeter(
  hub: Pick<Hub, 'processes'>,
  traffic: Pick<Traffic, 'generator' | 'sink'>,
): (events: number) => Cost {
  const benchIds = [traffic.generator.id, traffic.sink.id];
  const before = new Map(Object.values(hub.processes()).map((id) => [id, readTree(id).cpuMicros]));
  const benchBefore = sumOf(benchIds);
  return (events) => {
    const cpuMicros: Record<string, number> = {};
    const peakBytes: Record<string, number> = {};
    let sumMicros = 0;
    for (const [name, id] of Object.entries(hub.processes())) {
      const usage = readTree(id);
      const micros = (usage.cpuMicros - (before.get(id) ?? 0)) / events;
      cpuMicros[name] = micros;
      peakBytes[name] = usage.peakBytes;
      sumMicros += micros;
    }
    return { cpuMicros, sumMicros, benchMicros: (sumOf(benchIds) - benchBefore) / events, peakBytes };
  };
}

function sumOf(ids: readonly number[]): number {
  return ids.reduce((sum, id) => sum + readTree(id).cpuMicros, 0);
}
