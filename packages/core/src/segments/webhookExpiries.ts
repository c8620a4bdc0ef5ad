import type { Admin } from '../admin/admin.js';
import { checkFirst, pageOf, readCursor, rowId, writeCursor, type Page, type PageRequest } from '../admin/page.js';

/** Entries and exits that a webhook was not told of. */
export interface WebhookExpiry {
  readonly id: string;
  readonly changes: number;
  /** Ask for the changes after the first cursor, up to the last, for as long as they are kept. */
  readonly afterCursor: string;
  readonly lastCursor: string;
  readonly code: string;
  readonly detail: string;
  readonly expiredAt: Date;
}

/** What a webhook was not told of, the latest first. */
export async function listWebhookExpiries(
  { sql }: Pick<Admin, 'sql'>,
  webhookId: string,
  { first, after }: PageRequest,
): Promise<Page<WebhookExpiry>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const rows = await sql<
    {
      id: string;
      change_count: string;
      first_change_id: string;
      last_change_id: string;
      code: string;
      detail: string;
      expired_at: Date;
    }[]
  >`
    select id, change_count, first_change_id, last_change_id, code, detail, expired_at from segment_webhook_expiry
    where webhook_id = ${rowId(webhookId) ?? 0} and (${cursor ?? null}::bigint is null or id < ${cursor ?? null}::bigint)
    order by id desc limit ${first + 1}`;
  const expiries = rows.map((row) => ({
    id: row.id,
    changes: Number(row.change_count),
    afterCursor: String(BigInt(row.first_change_id) - 1n),
    lastCursor: row.last_change_id,
    code: row.code,
    detail: row.detail,
    expiredAt: row.expired_at,
  }));
  return pageOf(expiries, { first, after }, ({ id }) => writeCursor(id));
}
