import { createRandom } from '../random.js';
import type { Audience } from './audience.js';
import { openLine, type Judgement, type Line, type LineOptions, type LineRules } from './line.js';

/** The outcome of a sync: `failed` is retried at the time of the next sync, `paused` requires a manual resume. */
export type SyncOutcome = 'done' | 'failed' | 'paused';

export const outcomes: Readonly<Record<Judgement, SyncOutcome>> = {
  success: 'done',
  retry: 'failed',
  refused: 'paused',
};

export interface SenderOptions extends Omit<LineOptions, 'headers' | 'random'> {
  readonly audience: Audience;
  /** The import key. */
  readonly key: string;
  readonly seed?: number;
  /** Users per call; default: 1,000. */
  readonly batch?: number;
  /** The interval between two syncs, in virtual time. */
  readonly cadenceMs?: number;
  /** Default: `recurring`. */
  readonly mode?: 'one-time' | 'recurring';
}

/** The changes of one sync. */
export interface Turn {
  /** The members at the start of the sync. */
  readonly members: ReadonlySet<string>;
  readonly entered: readonly string[];
  readonly left: readonly string[];
  /** The time since the start of the last successful sync; undefined if there was none. */
  readonly sinceMs: number | undefined;
}

/** The specifics of a partner. */
export interface SenderProtocol extends LineRules {
  readonly headers: Readonly<Record<string, string>>;
  readonly cadenceMs: number;
  push(turn: Turn, line: Line): Promise<SyncOutcome>;
}

/** A partner that pushes one cohort to the hub. */
export type CohortSender = ReturnType<typeof createSender>;

const maxSettlingSyncs = 200;

export function createSender(options: SenderOptions, protocol: SenderProtocol) {
  const { audience, clock, mode = 'recurring', cadenceMs = protocol.cadenceMs } = options;
  const random = createRandom(options.seed ?? 1);
  const line = openLine({ ...options, headers: protocol.headers, random }, protocol);
  let snapshot: { readonly members: ReadonlySet<string>; readonly atMs: number } | undefined;
  let isPaused = false;

  /** Syncs now, whether or not a sync is due. */
  async function sync(): Promise<SyncOutcome> {
    if (isPaused) return 'paused';
    const atMs = clock.now();
    const members = audience.members();
    const before = snapshot?.members ?? new Set<string>();
    const entered = [...members].filter((id) => !before.has(id));
    const left = [...before].filter((id) => !members.has(id));
    const outcome = await protocol.push({ members, entered, left, sinceMs: snapshot && atMs - snapshot.atMs }, line);
    if (outcome === 'done') snapshot = { members, atMs };
    isPaused = outcome === 'paused';
    await line.flushLate();
    return outcome;
  }

  return {
    audience,
    /** The interval between two syncs, in virtual time. */
    cadenceMs,
    sync,
    /** Advances the clock, runs every sync that becomes due, and returns their outcomes. */
    async run(ms: number): Promise<readonly SyncOutcome[]> {
      const endMs = clock.now() + ms;
      const outcomes: SyncOutcome[] = [];
      while (clock.now() + cadenceMs <= endMs && !(mode === 'one-time' && snapshot !== undefined)) {
        clock.advance(cadenceMs);
        outcomes.push(await sync());
      }
      if (clock.now() < endMs) clock.advance(endMs - clock.now());
      return outcomes;
    },
    /**
     * Syncs until one is done, the first of them `afterMs` from now (default: one interval), and sends all held-back calls:
     * after that, the hub has received all changes.
     */
    async settle(afterMs = cadenceMs): Promise<void> {
      for (let syncs = 0; syncs < maxSettlingSyncs; syncs++) {
        clock.advance(syncs === 0 ? afterMs : cadenceMs);
        const outcome = await sync();
        if (outcome === 'paused')
          throw new Error(`the sync is paused after ${JSON.stringify(line.calls().at(-1)?.answer)}`);
        if (outcome === 'done') break;
        if (syncs === maxSettlingSyncs - 1) throw new Error(`no sync of ${maxSettlingSyncs} was done`);
      }
      await line.callAll(line.takeHeld());
      // Twice, to include the copies of the last sync.
      await line.flushLate();
      await line.flushLate();
    },
    isPaused: () => isPaused,
    resume: () => void (isPaused = false),
    calls: line.calls,
    close: line.close,
  };
}

export function inParts<T>(items: readonly T[], size = 1_000): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
