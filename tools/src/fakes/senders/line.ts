import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { VirtualClock } from '../clock.js';
import { shuffle, type Random } from '../random.js';
import { parseJson } from '../strictJson.js';

/** Simulated failures, each with its probability per call from 0 to 1; default: none. */
export interface Mishaps {
  /** The call is sent twice in a row. */
  readonly duplicate?: number;
  /** The call does not arrive, which the sender treats as a timeout. */
  readonly lostCall?: number;
  /** The call arrives, but its response is lost. */
  readonly lostAnswer?: number;
  /** A copy of the call arrives after the next sync. Only for protocols with sessions or message ids, which a receiver can recognise. */
  readonly lateCopy?: number;
  /** The sync is aborted after this call, and restarted at the time of the next one. */
  readonly breakOff?: number;
  /** The call is held back until the end of the next sync. Only for protocols with times of computation. */
  readonly heldBack?: number;
  /** Calls whose order does not matter are sent in a random order. */
  readonly reorder?: boolean;
}

/** One call to the hub, sent or lost. */
export interface SenderCall {
  /** Virtual time. */
  readonly atMs: number;
  readonly path: string;
  readonly body: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The simulated failure. */
  readonly mishap?: 'duplicate' | 'lostCall' | 'lostAnswer' | 'lateCopy';
  /** Null without a response. */
  readonly status: number | null;
  readonly answer: string;
  /** Real time. */
  readonly latencyMs: number;
}

/** The timeout and retries of a partner's calls. */
export interface LineRules {
  readonly timeoutMs: number;
  /** The wait before each retry, in virtual time. */
  readonly waitsMs: readonly number[];
  /** The meaning of a response; `sent` is the body of the call. */
  judge(answer: { readonly status: number; readonly body: unknown }, sent: unknown): Judgement;
}

interface HubAnswer {
  /** Null after a timeout or a broken connection. */
  readonly status: number | null;
  readonly text: string;
  /** Undefined if the response is not JSON. */
  readonly body?: unknown;
}

/** `retry`: the call can be repeated later; `refused`: the sync stops. */
export type Judgement = 'success' | 'retry' | 'refused';

export interface LineOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly mishaps?: Mishaps;
  /** Real milliseconds per virtual second of waiting; default: 0. */
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

  /** Decides whether a failure applies to a call; deterministic by the seed. */
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

  /** Repeats a call until it succeeds, is refused, or has no retries left (`retry`). */
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
    /** The calls in their order, or in a random one. */
    order: <T>(calls: readonly T[]): readonly T[] => (mishaps.reorder ? shuffle(calls, random) : calls),
    /** Holds a call back. */
    hold: (path: string, body: unknown) => void held.push({ path, body }),
    /** Returns and removes the calls that were held back. */
    takeHeld: () => held.splice(0),
    /** Sends each of the calls; returns false if one of them failed. */
    async callAll(calls: typeof held): Promise<boolean> {
      let good = true;
      for (const { path, body } of calls) good = (await call(path, body)).judgement === 'success' && good;
      return good;
    },
    calls: (): readonly SenderCall[] => log,
    /** Called after a sync: sends the late copies of the previous sync. */
    async flushLate(): Promise<void> {
      const copies = late;
      late = later;
      later = [];
      for (const { path, body } of copies) await make(path, body, 1, 'lateCopy');
    },
    close: () => agent.close(),
  };
}
