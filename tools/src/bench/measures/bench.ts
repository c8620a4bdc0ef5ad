import type { Cleanup } from '../cleanup.js';
import type { Options } from '../options.js';
import type { Generator } from '../programs/generator.js';
import type { Program } from '../programs/program.js';
import type { Sink } from '../programs/sink.js';

/** What every measurement works with. */
export interface Bench {
  readonly options: Options;
  readonly generator: Program<Generator>;
  readonly sink: Program<Sink>;
  readonly sinkUrl: string;
  /** For whatever lies on disk while the bench runs. */
  readonly folder: string;
  readonly cleanup: Cleanup;
  /** Says on standard error what is going on. */
  say(text: string): void;
}
