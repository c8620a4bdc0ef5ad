import { addressBlock } from './addressBlock.js';

export type SignInFailures = ReturnType<typeof createSignInFailures>;

export type SignInEndpoint = 'events' | 'graphql' | 'partners' | 'segment_export' | 'console';

interface SignInFailuresOptions {
  readonly log: { warn(fields: object, message: string): void };
  /** Called for each failure. */
  readonly count: (endpoint: SignInEndpoint) => void;
  /** Failures of one address at one endpoint that are answered at once; 20 by default. */
  readonly maxFailures?: number;
  readonly logEveryMs?: number;
}

/** The time in which an address regains one failure. */
const regainMs = 3_000;
/** Endpoints and addresses that are remembered. */
const maxRemembered = 10_000;
/** Lines of the log in a period, besides the one for all further addresses. */
const maxLines = 50;

/**
 * Counts wrong tokens and keys, logs how many came from each address, and limits how many of an address are looked up in
 * the database: GCRA (ITU-T I.371) per endpoint and address. Only failures are limited. A right token is found in memory and
 * accepted at any time, so that a proxy with all callers behind its address does not lock out an admin.
 */
export function createSignInFailures({ log, count, maxFailures = 20, logEveryMs = 60_000 }: SignInFailuresOptions) {
  /** The theoretical arrival time of each endpoint and address, the least recent failure first. */
  const arrivals = new Map<string, number>();
  const unlogged = new Map<string, { readonly endpoint: SignInEndpoint; readonly address: string; count: number }>();
  let others = 0;
  let timer: NodeJS.Timeout | undefined;

  /** Milliseconds until a failure is looked up again; 0 when it is now. */
  function waitMs(key: string, nowMs: number): number {
    return Math.max(0, (arrivals.get(key) ?? 0) - nowMs - (maxFailures - 1) * regainMs);
  }

  function note(endpoint: SignInEndpoint, address: string, key: string): void {
    count(endpoint);
    const failures = unlogged.get(key);
    if (failures) failures.count++;
    else if (unlogged.size < maxLines) unlogged.set(key, { endpoint, address, count: 1 });
    else others++;
    timer ??= setTimeout(writeLog, logEveryMs).unref();
  }

  function writeLog(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const failures of unlogged.values())
      log.warn({ event: 'sign_in.failed', ...failures }, 'wrong tokens or keys came from this address');
    if (others > 0) log.warn({ event: 'sign_in.failed', count: others }, 'wrong tokens or keys came from others, too');
    unlogged.clear();
    others = 0;
  }

  return {
    /** Whether an unknown token of this address is looked up in the database. */
    mayLookUp: (endpoint: SignInEndpoint, ip: string): boolean =>
      waitMs(`${endpoint} ${addressBlock(ip)}`, performance.now()) === 0,
    /** Records a wrong token or key. Returns after how many seconds the next one is looked up, unless that is now. */
    failed(endpoint: SignInEndpoint, ip: string): number | undefined {
      const address = addressBlock(ip);
      const key = `${endpoint} ${address}`;
      const nowMs = performance.now();
      note(endpoint, address, key);
      const wait = waitMs(key, nowMs);
      if (wait > 0) return Math.ceil(wait / 1_000);
      const arrival = Math.max(arrivals.get(key) ?? 0, nowMs) + regainMs;
      arrivals.delete(key);
      arrivals.set(key, arrival);
      if (arrivals.size > maxRemembered) arrivals.delete(arrivals.keys().next().value as string);
      return undefined;
    },
    /** Logs what was not logged yet. */
    stop: writeLog,
  };
}
