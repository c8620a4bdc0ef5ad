import { shuffle } from '../random.js';
import type { HubAnswer, Judgement, Line } from './line.js';
import { createSender, inParts, type CohortSender, type SenderOptions, type SyncOutcome, type Turn } from './sender.js';

export interface BrazePartnerSenderOptions extends SenderOptions {
  readonly key: string;
  readonly partnerKey?: string;
  /** Ids of a call; 1,000 when left out, which is the most. */
  readonly batch?: number;
  /** By which id a member is known; by external id when left out. */
  readonly kindOf?: (id: string) => 'user' | 'device' | 'alias';
  /** Of every alias. */
  readonly aliasLabel?: string;
}

// Braze, Partner cohort import: ids of a request. How its partners wait is not said.
const maxIds = 1000;
const waitsMs = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000];
const quarterMs = 15 * 60_000;

/** A partner of the messaging platform that pushes to `url`, which ends with its own name: `…/partners/mixpanel`. */
export function createBrazePartnerSender(options: BrazePartnerSenderOptions): CohortSender {
  const {
    audience,
    key,
    partnerKey = 'partner-key',
    kindOf = () => 'user',
    aliasLabel = 'crm',
    batch = maxIds,
    mishaps = {},
  } = options;
  const keys = { partner_api_key: partnerKey, client_secret: key };

  function changeOf(ids: readonly string[]) {
    return {
      user_ids: ids.filter((id) => kindOf(id) === 'user'),
      device_ids: ids.filter((id) => kindOf(id) === 'device'),
      aliases: ids.filter((id) => kindOf(id) === 'alias').map((id) => ({ alias_name: id, alias_label: aliasLabel })),
    };
  }

  return createSender(options, (random) => {
    let declaredName: string | undefined;

    async function push({ entered, left }: Turn, line: Line): Promise<SyncOutcome> {
      const name = audience.name();
      if (name !== declaredName) {
        const created_at = new Date(audience.createdAtMs).toISOString();
        const declared = await line.call('/cohorts', { ...keys, cohort_id: audience.id, name, created_at });
        if (declared.judgement !== 'success') return outcomeOf(declared.judgement);
        declaredName = name;
      }
      const moves = [...entered.map((id) => ({ id, leaves: false })), ...left.map((id) => ({ id, leaves: true }))];
      for (const part of inParts(mishaps.reorder ? shuffle(moves, random) : moves, batch)) {
        const [added, removed] = [part.filter(({ leaves }) => !leaves), part.filter(({ leaves }) => leaves)];
        const cohort_changes = [
          ...(added.length === 0 ? [] : [changeOf(added.map(({ id }) => id))]),
          ...(removed.length === 0 ? [] : [{ ...changeOf(removed.map(({ id }) => id)), should_remove: true }]),
        ];
        const { judgement } = await line.call('/cohorts/users', { ...keys, cohort_id: audience.id, cohort_changes });
        if (judgement !== 'success') return outcomeOf(judgement);
      }
      return 'done';
    }

    return { headers: {}, rules: { timeoutMs: 30_000, waitsMs, judge }, cadenceMs: quarterMs, push };
  });
}

function outcomeOf(judgement: Exclude<Judgement, 'success'>): SyncOutcome {
  return judgement === 'refused' ? 'paused' : 'failed';
}

function judge({ status }: HubAnswer): Judgement {
  if (status === null || status === 423 || status === 429 || status >= 500) return 'retry';
  return status >= 200 && status < 300 ? 'success' : 'refused';
}
