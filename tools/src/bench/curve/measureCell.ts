import { setTimeout as wait } from 'node:timers/promises';
import { inScope, type QueueKind, type Stage } from '../bench.js';
import type { Balance } from '../hub/balance.js';
import type { Generator } from '../programs/generator.js';
import type { Program } from '../programs/program.js';
import type { Cell } from './cells.js';
import { measureSide, type SideMeasure } from './measureSide.js';
import { openForwarderSide, openHubSide, type Side } from './side.js';
import { warmUpPlan, type WarmUpPhase } from './warmUp.js';

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
}

export interface CellOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly queue: QueueKind;
}

/** The processes of the bench that cells share. */
export interface CellStage extends Pick<Stage, 'folder' | 'cleanup'> {
  /** The sender of requests with so many events. */
  generatorOf(requestEvents: number): Promise<Program<Generator>>;
  /** Reports what begins now. */
  progress(text: string): void;
}

/** Measures a cell with a hub and a forwarder of its own; ends both. */
export function measureCell(cell: Cell, options: CellOptions, stage: CellStage): Promise<CellMeasures> {
  return inScope(stage.cleanup, `the cell ${cell.name}`, async (cleanup) => {
    stage.progress(`starting a hub with ${cell.currents} Current(s)`);
    const hub = await openHubSide(cell, options.queue, stage.folder, cleanup);
    const forwarder = await openForwarderSide(cell, cleanup);
    let accepted = 0;

    async function measure(side: Side, { arrivals, seconds }: WarmUpPhase): Promise<SideMeasure> {
      const generator = await stage.generatorOf(arrivals.kind === 'idle' ? 1 : arrivals.requestEvents);
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
    return { rounds, balance: await hub.checkBalance(accepted), troubles: await hub.troubles() };
  });
}

/** An idle hub is measured when its timers have backed off. */
const quietSeconds = 5;
