import { isObject } from '../strictJson.js';
import type { Line } from './line.js';
import { createSender, inParts, outcomes, type SenderOptions, type SyncOutcome } from './sender.js';

/** `key` is the password; the user name does not matter. */
export interface MixpanelSenderOptions extends SenderOptions {
  readonly projectId?: string;
  /** Default: `members`; the documentation shows both. */
  readonly firstSync?: 'members' | 'add_members';
  /** The JSON type of the ids of projects and cohorts. */
  readonly idType?: 'string' | 'number';
  /** More properties of a member, such as `$braze_external_id`. */
  readonly propertiesOf?: (id: string) => Readonly<Record<string, unknown>>;
}

type Action = 'members' | 'add_members' | 'remove_members';

// Mixpanel, Cohort Sync, webhooks: the lifetime of a snapshot, the retries of a sync, and the statuses that pause it.
const snapshotMs = 3 * 86_400_000;
const waitsMs = [2_000, 4_000, 8_000, 16_000, 30_000];
const pausing = [400, 401, 403, 404];

/** Mixpanel's cohort sync to a custom webhook at `url`; up to 1,000 users per call. */
export function createMixpanelSender(options: MixpanelSenderOptions) {
  const { audience, clock, key, projectId = '3021', firstSync = 'members', idType = 'string', batch } = options;
  const written = (id: string): string | number => (idType === 'number' && /^\d+$/.test(id) ? Number(id) : id);
  let sessions = 0;

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
          ...options.propertiesOf?.(id),
        })),
      },
    };
  }

  /** Sends all pages of one session, in order or in a random one. An empty membership is one page. */
  async function session(action: Action, ids: readonly string[], line: Line): Promise<SyncOutcome> {
    const id = `${clock.now().toString(36)}-${Math.floor(line.random() * 1e9).toString(36)}-${++sessions}`;
    const parts = ids.length === 0 ? [[]] : inParts(ids, batch);
    const order = line.order(parts.map((part, index) => pageOf(action, part, id, index + 1, parts.length)));
    for (const [index, page] of order.entries()) {
      const { judgement } = await line.call('', page);
      if (judgement !== 'success') return outcomes[judgement];
      await line.callAll(line.takeHeld());
      if (line.strikes('breakOff')) {
        // Another machine of Mixpanel may still send pages of a whole membership after its sync was aborted.
        if (action === 'members') for (const body of order.slice(index + 1)) line.hold('', body);
        return 'failed';
      }
    }
    return 'done';
  }

  return createSender(options, {
    headers: { authorization: `Basic ${Buffer.from(`mixpanel:${key}`).toString('base64')}` },
    timeoutMs: 30_000,
    waitsMs,
    /** The response has to repeat the action. Any other response without a pausing status counts as a temporary failure. */
    judge({ status, body }, sent) {
      if (pausing.includes(status)) return 'refused';
      const isGood = status >= 200 && status < 300 && isObject(body) && body['status'] === 'success';
      return isGood && isObject(sent) && body['action'] === sent['action'] ? 'success' : 'retry';
    },
    cadenceMs: 15 * 60_000,
    async push({ members, entered, left, sinceMs }, line) {
      const isWhole = sinceMs === undefined ? firstSync === 'members' : sinceMs > snapshotMs;
      if (isWhole) return session('members', [...members], line);
      const added = await session('add_members', entered, line);
      return added === 'done' ? session('remove_members', left, line) : added;
    },
  });
}
