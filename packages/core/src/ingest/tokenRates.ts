/** What a token may send. Null is the process's default; 0 is no limit. */
export interface TokenLimits {
  readonly eventsPerSecond: number | null;
  readonly bytesPerSecond: number | null;
}

/** How far one limit of a token is used. */
export interface RateState {
  readonly name: 'events' | 'bytes';
  /** In a second. */
  readonly limit: number;
  readonly remaining: number;
  /** Until nothing of the limit is used. */
  readonly resetMs: number;
  /** Until another request is taken; 0 if it would be now. */
  readonly waitMs: number;
}

/** The limits of one token, of which there is at least one. */
export interface TokenRate {
  useEvents(count: number): void;
  useBytes(bytes: number): void;
  states(): readonly RateState[];
}

export type TokenRates = ReturnType<typeof createTokenRates>;

/** What is used up to this far ahead is a burst. */
const burstMs = 1_000;

/**
 * Rate limits of ingest tokens: GCRA, the generic cell rate algorithm, with a burst of one second. A request is taken as long
 * as its token is within its limits, and counts in full after that: the sender of a large one waits the longer for the next.
 * In the memory of this process: with several processes of the api, a token has its limits at each of them.
 */
export function createTokenRates(defaults: TokenLimits) {
  const rates = new Map<number, { readonly terms: string; readonly rate: TokenRate | undefined }>();

  return {
    /** The limits of a token; undefined if it has none. */
    of(tokenId: number, own: TokenLimits): TokenRate | undefined {
      const events = own.eventsPerSecond ?? defaults.eventsPerSecond ?? 0;
      const bytes = own.bytesPerSecond ?? defaults.bytesPerSecond ?? 0;
      if (events === 0 && bytes === 0) return undefined;
      const terms = `${events} ${bytes}`;
      let known = rates.get(tokenId);
      if (known?.terms !== terms) rates.set(tokenId, (known = { terms, rate: createRate(events, bytes) }));
      return known.rate;
    },
  };
}

function createRate(eventsPerSecond: number, bytesPerSecond: number): TokenRate {
  const events = createBucket('events', eventsPerSecond);
  const bytes = createBucket('bytes', bytesPerSecond);
  return {
    useEvents: (count) => events?.use(count),
    useBytes: (count) => bytes?.use(count),
    states: () => [events, bytes].flatMap((bucket) => bucket?.state() ?? []),
  };
}

function createBucket(name: RateState['name'], limit: number) {
  if (limit === 0) return undefined;
  /** GCRA's theoretical arrival time. */
  let arrivalMs = -Infinity;
  return {
    use(count: number): void {
      arrivalMs = Math.max(arrivalMs, performance.now()) + (count * 1_000) / limit;
    },
    state(): RateState {
      const aheadMs = Math.max(0, arrivalMs - performance.now());
      const remaining = Math.max(0, Math.floor(((burstMs - aheadMs) * limit) / 1_000));
      return { name, limit, remaining, resetMs: aheadMs, waitMs: Math.max(0, aheadMs - burstMs) };
    },
  };
}
