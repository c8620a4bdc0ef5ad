import type { Random } from '../random.js';

/** What may go wrong on the way, each with its chance per call from 0 to 1; nothing when left out. */
export interface Mishaps {
  /** The call is made twice, one right behind the other. */
  readonly duplicate?: number;
  /** It does not arrive, which the sender takes for a timeout. */
  readonly lostCall?: number;
  /** It arrives; its answer does not. */
  readonly lostAnswer?: number;
  /** A copy of it arrives once more when the next sync is over. Only where a receiver can tell: with sessions or message ids. */
  readonly lateCopy?: number;
  /** The sync breaks off after this call, and begins anew at the next one's time. */
  readonly breakOff?: number;
  /** It is held back until the next sync is through. Only where calls say when they were computed. */
  readonly heldBack?: number;
  /** Calls that may be made in any order are. */
  readonly reorder?: boolean;
}

/** Draws what happens to one call; the same seed draws the same. */
export interface Fate {
  strikes(mishap: Exclude<keyof Mishaps, 'reorder'>): boolean;
}

export function createFate(mishaps: Mishaps, random: Random): Fate {
  return { strikes: (mishap) => mishaps[mishap] !== undefined && random() < mishaps[mishap] };
}
