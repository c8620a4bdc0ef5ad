import { createSender, inParts, outcomes, type SenderOptions } from './sender.js';

export interface BrazePartnerSenderOptions extends SenderOptions {
  readonly partnerKey?: string;
  /** The kind of id of a member; default: external id. */
  readonly kindOf?: (id: string) => 'user' | 'device' | 'alias';
  /** The label of every alias. */
  readonly aliasLabel?: string;
}

/** A partner of the messaging platform that pushes to `url`, which ends with the partner's name: `…/partners/mixpanel`. */
export function createBrazePartnerSender(options: BrazePartnerSenderOptions) {
  const { audience, key, partnerKey = 'partner-key', kindOf = () => 'user', aliasLabel = 'crm', batch } = options;
  const keys = { partner_api_key: partnerKey, client_secret: key, cohort_id: audience.id };
  let declaredName: string | undefined;

  function changeOf(ids: readonly string[]) {
    return {
      user_ids: ids.filter((id) => kindOf(id) === 'user'),
      device_ids: ids.filter((id) => kindOf(id) === 'device'),
      aliases: ids.filter((id) => kindOf(id) === 'alias').map((id) => ({ alias_name: id, alias_label: aliasLabel })),
    };
  }

  return createSender(options, {
    headers: {},
    timeoutMs: 30_000,
    // The waits of Braze's partners are not documented.
    waitsMs: [1_000, 2_000, 4_000, 8_000, 16_000, 32_000],
    judge({ status }) {
      if (status === 423 || status === 429 || status >= 500) return 'retry';
      return status >= 200 && status < 300 ? 'success' : 'refused';
    },
    cadenceMs: 15 * 60_000,
    async push({ entered, left }, line) {
      const name = audience.name();
      if (name !== declaredName) {
        const created_at = new Date(audience.createdAtMs).toISOString();
        const { judgement } = await line.call('/cohorts', { ...keys, name, created_at });
        if (judgement !== 'success') return outcomes[judgement];
        declaredName = name;
      }
      const moves = [...entered.map((id) => ({ id, leaves: false })), ...left.map((id) => ({ id, leaves: true }))];
      // Braze, Partner cohort import: up to 1,000 ids per request.
      for (const part of inParts(line.order(moves), batch)) {
        const [added, removed] = [false, true].map((out) =>
          part.filter(({ leaves }) => leaves === out).map(({ id }) => id),
        ) as [string[], string[]];
        const cohort_changes = [
          ...(added.length === 0 ? [] : [changeOf(added)]),
          ...(removed.length === 0 ? [] : [{ ...changeOf(removed), should_remove: true }]),
        ];
        const { judgement } = await line.call('/cohorts/users', { ...keys, cohort_changes });
        if (judgement !== 'success') return outcomes[judgement];
      }
      return 'done';
    },
  });
}
