import type { Generator } from '../programs/generator.js';
import type { Program } from '../programs/program.js';
import type { Sink } from '../programs/sink.js';

/** What sends events to a hub, and what receives them from it. */
export interface Traffic {
  readonly generator: Program<Generator>;
  readonly sink: Program<Sink>;
  /** Connections that the generator keeps. */
  readonly connections: number;
}
