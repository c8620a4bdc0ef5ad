import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { VirtualClock } from '../clock.js';
import type { Random } from '../random.js';
import { createFate, type Fate, type Mishaps } from './mishaps.js';

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
  /** What an answer means; `sent` is what was said. */
  judge(answer: HubAnswer, sent: unknown): Judgement;
}

export interface HubAnswer {
  /** Null: none came in time, or the connection broke. */
  readonly status: number | null;
  readonly text: string;
  /** Undefined when the answer is not JSON. */
  readonly body: unknown;
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

export interface Line {
  /** Makes a call until it succeeds, is refused, or every try has been used up (`retry`). */
  call(path: string, body: unknown): Promise<{ readonly judgement: Judgement; readonly answer: HubAnswer }>;
  readonly fate: Fate;
  calls(): readonly SenderCall[];
  /** A sync is over: makes the copies of the one before it that come late. */
  flushLate(): Promise<void>;
  close(): Promise<void>;
}

const nothing: HubAnswer = { status: null, text: '', body: undefined };

export function openLine({ url, headers, clock, random, mishaps = {}, pace = 0 }: LineOptions, rules: LineRules): Line {
  const agent = new Agent({ connections: 16 });
  const fate = createFate(mishaps, random);
  const log: SenderCall[] = [];
  let late: { readonly path: string; readonly body: string }[] = [];
  let later: typeof late = [];

  async function make(path: string, body: string, attempt: number, mishap?: SenderCall['mishap']): Promise<HubAnswer> {
    const atMs = clock.now();
    const started = performance.now();
    const said = mishap === 'lostCall' ? nothing : await exchange(path, body);
    const latencyMs = performance.now() - started;
    log.push({
      atMs,
      path,
      body,
      attempt,
      ...(mishap && { mishap }),
      status: said.status,
      answer: said.text,
      latencyMs,
    });
    return mishap === 'lostAnswer' ? nothing : said;
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
      return { status: response.statusCode, text, body: parse(text) };
    } catch {
      return nothing;
    }
  }

  async function call(path: string, value: unknown): ReturnType<Line['call']> {
    const body = typeof value === 'string' ? value : JSON.stringify(value);
    for (let attempt = 1; ; attempt++) {
      const mishap = fate.strikes('lostCall') ? 'lostCall' : fate.strikes('lostAnswer') ? 'lostAnswer' : undefined;
      const answer = await make(path, body, attempt, mishap);
      const judgement = answer.status === null ? 'retry' : rules.judge(answer, value);
      if (judgement === 'success') {
        if (fate.strikes('duplicate')) await make(path, body, attempt, 'duplicate');
        if (fate.strikes('lateCopy')) later.push({ path, body });
      }
      const waitMs = rules.waitsMs[attempt - 1];
      if (judgement !== 'retry' || waitMs === undefined) return { judgement, answer };
      clock.advance(waitMs);
      if (pace > 0) await sleep((waitMs / 1000) * pace);
    }
  }

  return {
    call,
    fate,
    calls: () => log,
    async flushLate() {
      const copies = late;
      late = later;
      later = [];
      for (const { path, body } of copies) await make(path, body, 1, 'lateCopy');
    },
    close: () => agent.close(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
