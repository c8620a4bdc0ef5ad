import { shuffle } from '../random.js';
import { isObject } from '../strictJson.js';
import type { HubAnswer, Judgement, Line } from './line.js';
import { createSender, inParts, type CohortSender, type SenderOptions, type SyncOutcome, type Turn } from './sender.js';

export interface MixpanelSenderOptions extends SenderOptions {
  /** The password; the user name is anything. */
  readonly key: string;
  readonly projectId?: string;
  /** Users of a call; 1,000 when left out, which is the most. */
  readonly batch?: number;
  /** `members` when left out; the documentation shows both. */
  readonly firstSync?: 'members' | 'add_members';
  /** How ids of projects and cohorts are written. */
  readonly idType?: 'string' | 'number';
  /** More properties of a member, such as `$braze_external_id`. */
  readonly propertiesOf?: (id: string) => Readonly<Record<string, unknown>>;
}

type Action = 'members' | 'add_members' | 'remove_members';

// Mixpanel, Cohort Sync, webhooks: users of a call, how long a snapshot is kept, when a sync is tried again and when not.
const maxMembers = 1000;
const snapshotMs = 3 * 86_400_000;
const cadenceMs = 15 * 60_000;
const waitsMs = [2_000, 4_000, 8_000, 16_000, 30_000];
const pausing = [400, 401, 403, 404];

/** Mixpanel's cohort sync to a custom webhook at `url`. */
export function createMixpanelSender(options: MixpanelSenderOptions): CohortSender {
  const {
    audience,
    key,
    projectId = '3021',
    firstSync = 'members',
    idType = 'string',
    batch = maxMembers,
    mishaps = {},
    propertiesOf,
  } = options;
  const written = (id: string): string | number => (idType === 'number' && /^\d+$/.test(id) ? Number(id) : id);

  return createSender(options, (random, clock) => {
    let sessions = 0;
    /** Pages of a whole membership whose sync broke off: another of Mixpanel's machines may still send them. */
    let stragglers: (readonly [path: string, body: unknown])[] = [];

    function pageOf(action: Action, ids: readonly string[], session: string, page: number, pages: number) {
      return {
        action,
        parameters: {
          mixpanel_project_id: written(projectId),
          mixpanel_cohort_name: audience.name(),
          mixpanel_cohort_id: written(audience.id),
          mixpanel_cohort_description: audience.description,
          mixpanel_session_id: session,
          page_info: { total_pages: pages, page_count: page },
          members: ids.map((id) => ({
            email: `${id}@example.com`,
            mixpanel_distinct_id: id,
            first_name: 'Ada',
            last_name: null,
            ...propertiesOf?.(id),
          })),
        },
      };
    }

    /** One session: all its pages, in order unless the order is drawn. Nobody is a page too. */
    async function session(action: Action, ids: readonly string[], line: Line): Promise<SyncOutcome> {
      const id = `${clock.now().toString(36)}-${Math.floor(random() * 1e9).toString(36)}-${++sessions}`;
      const parts = ids.length === 0 ? [[]] : inParts(ids, batch);
      const pages = parts.map((part, index) => pageOf(action, part, id, index + 1, parts.length));
      const order = mishaps.reorder ? shuffle(pages, random) : pages;
      for (const [index, page] of order.entries()) {
        const { judgement } = await line.call('', page);
        if (judgement === 'refused') return 'paused';
        if (judgement === 'retry') return 'failed';
        await sendStragglers(line);
        if (line.fate.strikes('breakOff')) {
          if (action === 'members') stragglers.push(...order.slice(index + 1).map((body) => ['', body] as const));
          return 'failed';
        }
      }
      return 'done';
    }

    async function sendStragglers(line: Line): Promise<void> {
      const some = stragglers;
      stragglers = [];
      for (const [path, body] of some) await line.call(path, body);
    }

    async function push({ members, entered, left, sinceMs }: Turn, line: Line): Promise<SyncOutcome> {
      const isWhole = sinceMs === undefined ? firstSync === 'members' : sinceMs > snapshotMs;
      if (isWhole) return session('members', [...members], line);
      const added = await session('add_members', entered, line);
      return added === 'done' ? session('remove_members', left, line) : added;
    }

    const authorization = `Basic ${Buffer.from(`mixpanel:${key}`).toString('base64')}`;
    return {
      headers: { authorization },
      rules: { timeoutMs: 30_000, waitsMs, judge },
      cadenceMs,
      push,
      afterwards: sendStragglers,
    };
  });
}

/** The answer has to repeat the action. Anything else that is neither a pause nor a success counts as trouble that passes. */
function judge({ status, body }: HubAnswer, sent: unknown): Judgement {
  if (status === null) return 'retry';
  if (pausing.includes(status)) return 'refused';
  const isGood =
    status >= 200 &&
    status < 300 &&
    isObject(body) &&
    isObject(sent) &&
    body['status'] === 'success' &&
    body['action'] === sent['action'];
  return isGood ? 'success' : 'retry';
}
