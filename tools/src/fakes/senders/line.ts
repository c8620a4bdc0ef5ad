import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { VirtualClock } from '../clock.js';
import { shuffle, type Random } from '../random.js';
import { parseJson } from '../strictJson.js';

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

/** One call to the hub, made or lost. */
export interface SenderCall {
  /** Virtual time. */
  readonly atMs: number;
  readonly path: string;
  readonly body: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** What went wrong on purpose. */
  readonly mishap?: 'duplicate' | 'lostCall' | 'lostAnswer' | 'lateCopy';
  /** Null when there was no answer. */
  readonly status: number | null;
  readonly answer: string;
  /** Real time. */
  readonly latencyMs: number;
}

/** How a partner makes its calls. */
export interface LineRules {
  readonly timeoutMs: number;
  /** How long it waits before each further try, in virtual time. */
  readonly waitsMs: readonly number[];
  /** What an answer with a status means; `sent` is what was said. */
  judge(answer: { readonly status: number; readonly body: unknown }, sent: unknown): Judgement;
}

interface HubAnswer {
  /** Null: none came in time, or the connection broke. */
  readonly status: number | null;
  readonly text: string;
  /** Undefined when the answer is not JSON. */
  readonly body?: unknown;
}

/** Success; not now; or never, and the sync with it. */
export type Judgement = 'success' | 'retry' | 'refused';

export interface LineOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly mishaps?: Mishaps;
  /** Real milliseconds for a virtual second of waiting; none when left out. */
  readonly pace?: number;
}

export type Line = ReturnType<typeof openLine>;

const nothing: HubAnswer = { status: null, text: '' };

export function openLine({ url, headers, clock, random, mishaps = {}, pace = 0 }: LineOptions, rules: LineRules) {
  const agent = new Agent({ connections: 16 });
  const log: SenderCall[] = [];
  const held: { readonly path: string; readonly body: unknown }[] = [];
  let late: { readonly path: string; readonly body: string }[] = [];
  let later: typeof late = [];

  /** Draws what happens to one call; the same seed draws the same. */
  const strikes = (mishap: Exclude<keyof Mishaps, 'reorder'>): boolean =>
    mishaps[mishap] !== undefined && random() < mishaps[mishap];

  async function make(path: string, body: string, attempt: number, mishap?: SenderCall['mishap']): Promise<HubAnswer> {
    const atMs = clock.now();
    const started = performance.now();
    const { status, text, body: said } = mishap === 'lostCall' ? nothing : await exchange(path, body);
    const latencyMs = performance.now() - started;
    log.push({ atMs, path, body, attempt, ...(mishap && { mishap }), status, answer: text, latencyMs });
    return mishap === 'lostAnswer' ? nothing : { status, text, body: said };
  }

  async function exchange(path: string, body: string): Promise<HubAnswer> {
    try {
      const response = await request(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
        dispatcher: agent,
        signal: AbortSignal.timeout(rules.timeoutMs),
      });
      const text = await response.body.text();
      const parsed = parseJson(text);
      return { status: response.statusCode, text, body: 'value' in parsed ? parsed.value : undefined };
    } catch {
      return nothing;
    }
  }

  /** Makes a call until it succeeds, is refused, or every try has been used up (`retry`). */
  async function call(path: string, value: unknown): Promise<{ judgement: Judgement; answer: HubAnswer }> {
    const body = JSON.stringify(value);
    for (let attempt = 1; ; attempt++) {
      const mishap = strikes('lostCall') ? 'lostCall' : strikes('lostAnswer') ? 'lostAnswer' : undefined;
      const answer = await make(path, body, attempt, mishap);
      const { status } = answer;
      const judgement = status === null ? 'retry' : rules.judge({ status, body: answer.body }, value);
      if (judgement === 'success') {
        if (strikes('duplicate')) await make(path, body, attempt, 'duplicate');
        if (strikes('lateCopy')) later.push({ path, body });
      }
      const waitMs = rules.waitsMs[attempt - 1];
      if (judgement !== 'retry' || waitMs === undefined) return { judgement, answer };
      clock.advance(waitMs);
      if (pace > 0) await sleep((waitMs / 1000) * pace);
    }
  }

  return {
    call,
    random,
    strikes,
    /** Calls in their order, or in one that is drawn. */
    order: <T>(calls: readonly T[]): readonly T[] => (mishaps.reorder ? shuffle(calls, random) : calls),
    /** Keeps a call for later. */
    hold: (path: string, body: unknown) => void held.push({ path, body }),
    /** The calls that were kept until now. */
    takeHeld: () => held.splice(0),
    /** Makes each of the calls; false when one of them failed. */
    async callAll(calls: typeof held): Promise<boolean> {
      let good = true;
      for (const { path, body } of calls) good = (await call(path, body)).judgement === 'success' && good;
      return good;
    },
    calls: (): readonly SenderCall[] => log,
    /** A sync is over: makes the copies of the one before it that come late. */
    async flushLate(): Promise<void> {
      const copies = late;
      late = later;
      later = [];
      for (const { path, body } of copies) await make(path, body, 1, 'lateCopy');
    },
    close: () => agent.close(),
  };
}
