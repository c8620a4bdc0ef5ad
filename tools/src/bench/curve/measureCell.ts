import { setTimeout as wait } from 'node:timers/promises';
import { inScope, type Cleanup, type QueueKind, type Stage } from '../bench.js';
import type { Balance } from '../hub/balance.js';
import type { Cell } from './cells.js';
import type { Generators } from './generators.js';
import { measureSide, type SideMeasure } from './measureSide.js';
import { expectedSeconds } from './remaining.js';
import { openForwarderSide, openHubSide, type HubSide, type Side } from './side.js';
import { warmUpPlan, type WarmUpPhase } from './warmUp.js';
import { within } from './within.js';

/** One round: hub and bare forwarder, one after the other. */
export interface CellRound {
  readonly hub: SideMeasure;
  readonly forwarder: SideMeasure;
}

export interface CellMeasures {
  readonly rounds: readonly CellRound[];
  readonly balance: Balance;
  /** Warnings and errors that the hub logged. */
  readonly troubles: readonly string[];
  readonly postgresVersion: string;
}

export interface CellOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly queue: QueueKind;
}

/** What cells share. */
export interface CellStage extends Pick<Stage, 'folder' | 'cleanup'> {
  readonly generators: Generators;
  /** Reports what begins now. */
  progress(text: string): void;
}

/** Measures a cell with a hub and a forwarder of its own; ends both. Rejects when it takes much longer than expected. */
export function measureCell(cell: Cell, options: CellOptions, stage: CellStage): Promise<CellMeasures> {
  return inScope(stage.cleanup, `the cell ${cell.name}`, (cleanup) => {
    const maxSeconds = maxTimes * expectedSeconds(cell, options) + graceSeconds;
    return within(maxSeconds, measureWith(cell, options, stage, cleanup));
  });
}

async function measureWith(
  cell: Cell,
  options: CellOptions,
  stage: CellStage,
  cleanup: Cleanup,
): Promise<CellMeasures> {
  stage.progress(`starting a hub with ${cell.currents} Current(s)`);
  const hub = await openHubSide(cell, options.queue, stage.folder, cleanup);
  try {
    return await measureBeside(hub, cell, options, stage, cleanup);
  } catch (cause) {
    const [first] = await hub.troubles();
    if (first === undefined) throw cause;
    throw new Error(`${String(cause)}; the first warning in the hub's log: ${first.slice(0, 400)}`, { cause });
  }
}

async function measureBeside(
  hub: HubSide,
  cell: Cell,
  options: CellOptions,
  stage: CellStage,
  cleanup: Cleanup,
): Promise<CellMeasures> {
  const forwarder = await openForwarderSide(cell, cleanup);
  let accepted = 0;

  async function measure(side: Side, { arrivals, seconds }: WarmUpPhase): Promise<SideMeasure> {
    const generator = await stage.generators.of(arrivals.kind === 'idle' ? 1 : arrivals.requestEvents);
    const measured = await measureSide(side, generator, arrivals, seconds, cell.partnerMs);
    if (side === hub) accepted += measured.events;
    return measured;
  }

  stage.progress('warming up');
  for (const phase of warmUpPlan(cell, options.seconds)) {
    await measure(forwarder, phase);
    await measure(hub, phase);
  }
  if (cell.arrivals.kind === 'idle') await wait(Math.min(quietSeconds, options.seconds) * 1_000);

  const rounds: CellRound[] = [];
  const phase = { arrivals: cell.arrivals, seconds: options.seconds };
  for (let round = 0; round < options.rounds; round++) {
    stage.progress(`round ${round + 1} of ${options.rounds}`);
    const measured = new Map<Side, SideMeasure>();
    // Each goes first in every other round.
    for (const side of round % 2 === 0 ? [forwarder, hub] : [hub, forwarder])
      measured.set(side, await measure(side, phase));
    rounds.push({ hub: measured.get(hub) as SideMeasure, forwarder: measured.get(forwarder) as SideMeasure });
  }
  const { postgresVersion } = hub;
  return { rounds, balance: await hub.checkBalance(accepted), troubles: await hub.troubles(), postgresVersion };
}

/** How much longer than expected a cell may take, for a machine with other work. */
const maxTimes = 5;
const graceSeconds = 60;

/** An idle hub is measured when its timers have backed off. */
const quietSeconds = 5;
