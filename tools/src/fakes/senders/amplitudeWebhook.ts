import { shuffle } from '../random.js';
import type { HubAnswer, Judgement, Line } from './line.js';
import { createSender, inParts, type CohortSender, type SenderOptions, type SyncOutcome, type Turn } from './sender.js';

export interface AmplitudeWebhookSenderOptions extends SenderOptions {
  readonly key: string;
  /** The custom headers; `Authorization: Bearer <key>` when left out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How `in_cohort` is written. */
  readonly flag?: 'boolean' | 'string';
  /** Users of a message. */
  readonly batch?: number;
  /** More members that the template cannot name. */
  readonly nameless?: number;
}

interface Message {
  readonly cohort_name: string;
  readonly cohort_id: string;
  readonly in_cohort: boolean | string;
  readonly computed_time: string;
  readonly message_id: string;
  readonly users: readonly unknown[];
}

// Amplitude, Cohort webhooks: how soon it wants to be answered. The tries are those of its partner syncs.
const timeoutMs = 2_000;
const waitsMs = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000];
const usualBatch = 1_000;
const minuteMs = 60_000;

/** Amplitude's cohort webhook at `url`: one message per batch of users that entered or left. */
export function createAmplitudeWebhookSender(options: AmplitudeWebhookSenderOptions): CohortSender {
  const {
    audience,
    key,
    headers = { authorization: `Bearer ${key}` },
    flag = 'boolean',
    batch = usualBatch,
    nameless = 0,
    mishaps = {},
  } = options;
  return createSender(options, (random, clock) => {
    let runs = 0;
    let heldBack: Message[] = [];

    function messagesOf(ids: readonly string[], isIn: boolean, run: number): Message[] {
      return inParts(ids, batch).map((part, index) => ({
        cohort_name: audience.name(),
        cohort_id: audience.id,
        in_cohort: flag === 'string' ? String(isIn) : isIn,
        computed_time: String(Math.floor(clock.now() / 1000)),
        message_id: `${audience.id}-${run}::${isIn ? 'enter' : 'exit'}::${index}`,
        users: [
          ...part.map((id) => ({ user_id: id, user_properties: { name: 'Ada' } })),
          ...Array.from({ length: nameless }, () => ({ user_properties: {} })),
        ],
      }));
    }

    /** What was held back comes after this sync, with the time at which it was computed. */
    async function push({ entered, left }: Turn, line: Line): Promise<SyncOutcome> {
      const run = ++runs;
      const messages = [...messagesOf(entered, true, run), ...messagesOf(left, false, run)];
      const late = heldBack;
      heldBack = [];
      for (const message of mishaps.reorder ? shuffle(messages, random) : messages) {
        if (line.fate.strikes('heldBack')) heldBack.push(message);
        else if ((await line.call('', message)).judgement !== 'success') return 'failed';
      }
      for (const message of late) if ((await line.call('', message)).judgement !== 'success') return 'failed';
      return 'done';
    }

    async function afterwards(line: Line): Promise<void> {
      const late = heldBack;
      heldBack = [];
      for (const message of late) await line.call('', message);
    }

    return {
      headers: { 'user-agent': 'Amplitude/Webhook/1.0', ...headers },
      rules: { timeoutMs, waitsMs, judge },
      cadenceMs: minuteMs,
      push,
      afterwards,
    };
  });
}

/** Whatever is not 200 is said again. */
function judge({ status }: HubAnswer): Judgement {
  return status === 200 ? 'success' : 'retry';
}
