import type { Item } from '@currents/connector';
import type { Counted } from '../budget/sampling.js';
import type { WrittenRun } from './jsonChunk.js';
import type { Track } from './attempt.js';

/**
 * An item that knows its place: the track of its delivery, and its position there. It holds neither payload nor text of
 * its own, only its place in a run, so that thousands of objects need not outlive a request.
 */
export class Seated implements Item<unknown> {
  constructor(
    readonly id: string,
    readonly run: WrittenRun,
    private readonly place: number,
    readonly counted: Counted,
    readonly track: Track,
    readonly position: number,
  ) {}

  get json(): string {
    return this.run.textOf(this.place);
  }

  get payload(): unknown {
    return JSON.parse(this.json) as unknown;
  }

  /** Bytes of its text; a fair share of its run's. */
  get bytes(): number {
    return this.run.json.length / this.run.ids.length;
  }
}
