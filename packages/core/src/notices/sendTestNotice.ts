import { randomUUID } from 'node:crypto';
import type { Admin } from '../admin/admin.js';
import { currentNotFound, type CurrentNotFound, type Problem } from '../admin/problem.js';
import { advisoryLocks } from '../db/advisoryLocks.js';
import { findNotices, type NoticeView } from './listNotices.js';
import { currentKey } from './manageMutes.js';
import { raiseNotice } from './raiseNotice.js';

export type TooManyTestNotices = Problem<'TooManyTestNotices'>;

/** Mails go to addresses of others. */
const maxPerHour = 20;

/**
 * Sends a notice to where notices of a Current go, or those of the whole hub, though they be muted. The answer is the
 * notice as it is stored: a worker sends it.
 */
export async function sendTestNotice(
  admin: Pick<Admin, 'db' | 'sql'>,
  { currentId }: { readonly currentId?: string | undefined },
): Promise<NoticeView | CurrentNotFound | TooManyTestNotices> {
  const key = await currentKey(admin, currentId);
  if (key === undefined) return currentNotFound();
  const episode = randomUUID();
  const isRaised = await admin.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${advisoryLocks.noticeLimits}::bigint)`;
    const [sent] = await tx<{ n: number }[]>`
      select count(*)::int as n from notice where kind = 'test' and raised_at > now() - interval '1 hour'`;
    if ((sent?.n ?? 0) >= maxPerHour) return false;
    return raiseNotice(tx, {
      kind: 'test',
      severity: 'info',
      ...(key !== null && { subject: { type: 'Current', key: String(key) } as const }),
      episode,
      message: 'This is a test notice, which an admin has asked for.',
      remedy: 'Nothing: notices get here.',
    });
  });
  if (!isRaised)
    return {
      kind: 'TooManyTestNotices',
      message: `expected at most ${maxPerHour} test notices in an hour, got another`,
    };
  const [row] = await admin.sql<{ id: string }[]>`select id from notice where kind = 'test' and episode = ${episode}`;
  const [view] = await findNotices(admin, [row?.id ?? '']);
  if (!view) throw new Error('the test notice is not stored');
  return view;
}
