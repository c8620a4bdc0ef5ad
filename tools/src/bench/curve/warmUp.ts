import type { Arrivals, Cell } from './cells.js';

export interface WarmUpPhase {
  readonly arrivals: Arrivals;
  readonly seconds: number;
}

const maxPhaseSeconds = 5;
/** Compiles the code within seconds also for a cell of ten requests a second: a hub runs for weeks. */
const quickRequestsPerSecond = 300;
const maxDeliveriesPerSecond = 10_000;

/**
 * What is sent before a cell is measured: requests of the same size in quick succession, then the arrivals of the cell.
 * Both last up to 5 s.
 */
export function warmUpPlan({ arrivals, currents }: Cell, seconds: number): readonly WarmUpPhase[] {
  const phaseSeconds = Math.min(maxPhaseSeconds, seconds);
  if (arrivals.kind === 'flood') return [{ arrivals, seconds: phaseSeconds }];
  const { eventsPerSecond, requestEvents } = arrivals.kind === 'idle' ? idleWarmUp : arrivals;
  const quick = Math.min(quickRequestsPerSecond * requestEvents, Math.floor(maxDeliveriesPerSecond / currents));
  const phases: WarmUpPhase[] = [
    {
      arrivals: { kind: 'steady', eventsPerSecond: Math.max(eventsPerSecond, quick), requestEvents },
      seconds: phaseSeconds,
    },
  ];
  if (arrivals.kind === 'steady' && quick > eventsPerSecond) phases.push({ arrivals, seconds: phaseSeconds });
  return phases;
}

const idleWarmUp = { eventsPerSecond: 10, requestEvents: 1 };
