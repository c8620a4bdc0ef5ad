import type { RepeatingClient } from '../../hub/repeatingClient.js';
import type { ChaosHub } from '../hub.js';
import type { Fault, KindOf, Target } from '../schedule.js';
import type { SentEvents } from '../sentEvents.js';
import type { Timeline } from '../timeline.js';

/** What faults act upon. */
export interface FaultContext {
  readonly hub: ChaosHub;
  readonly client: RepeatingClient;
  readonly sent: SentEvents;
  readonly timeline: Timeline;
  /** Aborted when the run is given up. */
  readonly signal: AbortSignal;
  /** Waits for so long, or until the run is given up. */
  pause(ms: number): Promise<void>;
  /** Tries until it succeeds, or the run is given up. */
  persist(what: string, action: () => Promise<unknown>): Promise<void>;
}

/** Makes a fault, and resolves when it has ended and its target can work again. */
export type MakeFault<Of extends Target> = (context: FaultContext, fault: Fault<Of>) => Promise<void>;
export type FaultMakers<Of extends Target> = { readonly [Kind in KindOf<Of>]: MakeFault<Of> };
