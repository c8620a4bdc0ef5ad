import { isObject } from '../strictJson.js';
import type { Line } from './line.js';
import { createSender, inParts, type SenderOptions } from './sender.js';

// Amplitude, Receiving behavioral cohorts: the waits before its eight retries.
const waitsMs = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000];
const context = { integration: { name: 'Amplitude Cohort Sync', version: '1.0.0' } };
/** Amplitude, Receiving behavioral cohorts: concurrent calls. */
const together = 4;

export interface AmplitudeListSenderOptions extends SenderOptions {
  /** The form of the key; default: `basic` with an empty password. */
  readonly auth?: 'basic' | 'bearer' | 'header';
  /** The path of the list id in the response; default: `listId`. */
  readonly listIdPath?: string;
  /** The item of a user; default: the id as a string. */
  readonly itemOf?: (id: string) => unknown;
}

/** Amplitude's list-based cohort sync to the partner whose lists are below `url`; up to 10,000 users per call. */
export function createAmplitudeListSender(options: AmplitudeListSenderOptions) {
  const { audience, key, auth = 'basic', listIdPath = 'listId', batch, itemOf = (id: string) => id } = options;
  let listId: string | undefined;

  async function createList(line: Line): Promise<string | undefined> {
    const name = `[Amplitude] ${audience.name()}: ${audience.id}`;
    const { judgement, answer } = await line.call('/lists', { name, context });
    if (judgement !== 'success') return undefined;
    const id = listIdPath
      .split('.')
      .reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), answer.body);
    return typeof id === 'string' && id !== '' ? id : undefined;
  }

  const basic = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
  return createSender(options, {
    headers:
      auth === 'header' ? { 'x-data-import-key': key } : { authorization: auth === 'bearer' ? `Bearer ${key}` : basic },
    timeoutMs: 30_000,
    waitsMs,
    judge: ({ status }) => (status === 200 ? 'success' : status === 429 || status >= 500 ? 'retry' : 'refused'),
    cadenceMs: 3_600_000,
    async push({ entered, left }, line) {
      listId ??= await createList(line);
      if (listId === undefined) return 'failed';
      const path = `/lists/${encodeURIComponent(listId)}`;
      const waiting = [
        ...line.order([
          ...inParts(entered, batch).map((ids) => ({ path: `${path}/add`, ids })),
          ...inParts(left, batch).map((ids) => ({ path: `${path}/remove`, ids })),
        ]),
      ];
      let failed = false;
      const send = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined && !failed; next = waiting.shift()) {
          const { judgement } = await line.call(next.path, { userIds: next.ids.map(itemOf), context });
          failed ||= judgement !== 'success';
        }
      };
      await Promise.all(Array.from({ length: together }, send));
      return failed ? 'failed' : 'done';
    },
  });
}

export interface AmplitudeWebhookSenderOptions extends SenderOptions {
  /** The custom headers; default: `Authorization: Bearer <key>`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The form of `in_cohort`. */
  readonly flag?: 'boolean' | 'string';
  /** The number of additional members without an id. */
  readonly nameless?: number;
}

/** Amplitude's cohort webhook at `url`: one message per batch of users that entered or left. */
export function createAmplitudeWebhookSender(options: AmplitudeWebhookSenderOptions) {
  const { audience, clock, key, flag = 'boolean', batch, nameless = 0 } = options;
  const { headers = { authorization: `Bearer ${key}` } } = options;
  let runs = 0;

  const messagesOf = (ids: readonly string[], isIn: boolean) =>
    inParts(ids, batch).map((part, index) => ({
      cohort_name: audience.name(),
      cohort_id: audience.id,
      in_cohort: flag === 'string' ? String(isIn) : isIn,
      computed_time: String(Math.floor(clock.now() / 1000)),
      message_id: `${audience.id}-${runs}::${isIn ? 'enter' : 'exit'}::${index}`,
      users: [
        ...part.map((id) => ({ user_id: id, user_properties: { name: 'Ada' } })),
        ...Array.from({ length: nameless }, () => ({ user_properties: {} })),
      ],
    }));

  return createSender(options, {
    headers: { 'user-agent': 'Amplitude/Webhook/1.0', ...headers },
    // Amplitude, Cohort webhooks: its timeout. The retries are those of its partner syncs.
    timeoutMs: 2_000,
    waitsMs,
    judge: ({ status }) => (status === 200 ? 'success' : 'retry'),
    cadenceMs: 60_000,
    /** Messages that were held back are sent after this sync, with their original time of computation. */
    async push({ entered, left }, line) {
      runs++;
      const late = line.takeHeld();
      for (const message of line.order([...messagesOf(entered, true), ...messagesOf(left, false)])) {
        if (line.strikes('heldBack')) line.hold('', message);
        else if ((await line.call('', message)).judgement !== 'success') return 'failed';
      }
      return (await line.callAll(late)) ? 'done' : 'failed';
    },
  });
}
