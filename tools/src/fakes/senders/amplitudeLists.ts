import { shuffle } from '../random.js';
import { isObject } from '../strictJson.js';
import type { HubAnswer, Judgement, Line } from './line.js';
import { createSender, inParts, type CohortSender, type SenderOptions, type SyncOutcome, type Turn } from './sender.js';

export interface AmplitudeListSenderOptions extends SenderOptions {
  readonly key: string;
  /** How the key is shown; `basic` with an empty password when left out. */
  readonly auth?: 'basic' | 'bearer' | 'header';
  /** Where the id of the list is looked for in the answer; `listId` when left out. */
  readonly listIdPath?: string;
  /** Users of a call; 1,000 when left out, and up to 10,000. */
  readonly batch?: number;
  /** What stands for a user; the id as text when left out. */
  readonly itemOf?: (id: string) => unknown;
}

// Amplitude, Receiving behavioral cohorts: calls at the same time, and the waits of its eight further tries.
const together = 4;
const waitsMs = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000];
const usualBatch = 1_000;
const hourMs = 3_600_000;

const context = { integration: { name: 'Amplitude Cohort Sync', version: '1.0.0' } };

/** Amplitude's list-based cohort sync to the partner whose lists are below `url`. */
export function createAmplitudeListSender(options: AmplitudeListSenderOptions): CohortSender {
  const {
    audience,
    key,
    auth = 'basic',
    listIdPath = 'listId',
    batch = usualBatch,
    itemOf = (id: string) => id,
    mishaps = {},
  } = options;
  return createSender(options, (random) => {
    let listId: string | undefined;

    async function push({ entered, left }: Turn, line: Line): Promise<SyncOutcome> {
      listId ??= await createList(line);
      if (listId === undefined) return 'failed';
      const path = `/lists/${encodeURIComponent(listId)}`;
      const calls = [
        ...inParts(entered, batch).map((ids) => ({ path: `${path}/add`, ids })),
        ...inParts(left, batch).map((ids) => ({ path: `${path}/remove`, ids })),
      ];
      return sendTogether(mishaps.reorder ? shuffle(calls, random) : calls, line);
    }

    async function createList(line: Line): Promise<string | undefined> {
      const { judgement, answer } = await line.call('/lists', {
        name: `[Amplitude] ${audience.name()}: ${audience.id}`,
        context,
      });
      const id =
        judgement === 'success'
          ? listIdPath
              .split('.')
              .reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), answer.body)
          : undefined;
      return typeof id === 'string' && id !== '' ? id : undefined;
    }

    async function sendTogether(
      calls: readonly { readonly path: string; readonly ids: readonly string[] }[],
      line: Line,
    ): Promise<SyncOutcome> {
      const waiting = [...calls];
      let failed = false;
      const send = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined && !failed; next = waiting.shift()) {
          const { judgement } = await line.call(next.path, { userIds: next.ids.map(itemOf), context });
          failed ||= judgement !== 'success';
        }
      };
      await Promise.all(Array.from({ length: together }, send));
      return failed ? 'failed' : 'done';
    }

    return { headers: headersOf(auth, key), rules: { timeoutMs: 30_000, waitsMs, judge }, cadenceMs: hourMs, push };
  });
}

function headersOf(auth: 'basic' | 'bearer' | 'header', key: string): Readonly<Record<string, string>> {
  if (auth === 'header') return { 'x-data-import-key': key };
  return { authorization: auth === 'bearer' ? `Bearer ${key}` : `Basic ${Buffer.from(`${key}:`).toString('base64')}` };
}

function judge({ status }: HubAnswer): Judgement {
  if (status === 200) return 'success';
  return status === null || status === 429 || status >= 500 ? 'retry' : 'refused';
}
