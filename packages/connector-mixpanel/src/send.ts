import { answerAll, joinJson, redact, readJsonObject } from '@currents/connector';
import type { Item, SendContext, SendResult } from '@currents/connector';
import { readFailedRecords } from './failedRecords.js';
import type { FailedRecords } from './failedRecords.js';
import type { ImportEvent } from './map.js';
import { importRequest, secretsOf } from './request.js';
import type { Credentials, Settings } from './settings.js';
import { verdictOn } from './verdict.js';

/** One request to `/import`, and what became of each of its events. */
export async function send(
  items: readonly Item<ImportEvent>[],
  to: SendContext<Settings, Credentials>,
): Promise<readonly SendResult[]> {
  const answer = await to.http.request(importRequest(['[', ...joinJson(items), ']'], to));
  const secrets = secretsOf(to.credentials);

  const failed = answer.status === 400 && 'body' in answer ? readJsonObject(answer.body) : undefined;
  const records = failed && readFailedRecords(failed, items);
  if (records !== undefined) return answerByRecord(items, records, secrets);

  return answerAll(
    items,
    verdictOn(answer, (words) => redact(words, { secrets, payloads: items.map((item) => item.payload) })),
  );
}

function answerByRecord(
  items: readonly Item<ImportEvent>[],
  records: FailedRecords,
  secrets: readonly string[],
): SendResult[] {
  return items.map((item, index) => {
    const { id } = item;
    const complaint = records.refused.get(index);
    if (complaint !== undefined) {
      const detail = redact(complaint, { secrets, payloads: [item.payload] });
      return { id, outcome: 'rejected', code: 'rejected_by_mixpanel', detail };
    }
    if (records.isComplete) return { id, outcome: 'delivered' };
    const detail = 'HTTP 400: other events were refused, and whether this one is in cannot be told from the answer';
    return { id, outcome: 'split', code: 'unclear_answer', detail };
  });
}
