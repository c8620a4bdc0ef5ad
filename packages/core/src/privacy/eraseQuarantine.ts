import { QuarantineUnreadable, unpackContent } from '../quarantine/content.js';
import { QuarantineState, statesOf } from '../quarantine/state.js';
import { purgeEvents } from '../ledger/purge.js';
import { changeRows, nextRow, type QuarantineRow } from '../ledger/quarantineSteps.js';
import { counted, type Erasure, type ErasureProgress } from './erasure.js';
import type { UserMatcher } from './userIds.js';

/**
 * Purges the quarantined events of the next row that name one of the users anywhere: what is wrong with an event may be
 * where its user stands. They stay counted. Undefined after the last row.
 */
export async function eraseNextQuarantined(
  { admin, users, isDryRun, save }: Erasure,
  progress: ErasureProgress,
): Promise<ErasureProgress | undefined> {
  const after = progress.day === undefined ? undefined : { storedOn: progress.day, id: progress.after ?? '0' };
  const row = await nextRow(admin.db, { to: new Date(users.untilMs + 1) }, after);
  if (!row) return undefined;
  const place = { ...progress, day: row.storedOn, after: row.id };
  const found = await findMentions(row, users);
  const next = counted(place, found ? { quarantinedCount: found.length } : { unreadableCount: 1 });
  await admin.db.transaction(async (tx) => {
    if (!isDryRun && found && found.length > 0)
      await changeRows(tx, [row], async (present) =>
        purgeEvents(tx, present, (await findMentions(present, users)) ?? []),
      );
    await save(tx, next);
  });
  return next;
}

/** The indexes of the events that name a user; undefined when the content cannot be read. */
async function findMentions(row: QuarantineRow, users: UserMatcher): Promise<readonly number[] | undefined> {
  if (!row.content) return [];
  const states = statesOf(row);
  try {
    const kept = await unpackContent(row.content, row.events);
    return kept.flatMap(({ body = '', detail }, index) =>
      states[index] !== QuarantineState.purged && (mentions(body, users) || users.isIn(detail)) ? [index] : [],
    );
  } catch (error) {
    if (!(error instanceof QuarantineUnreadable)) throw error;
    return undefined;
  }
}

/** In JSON, any character may be written as an escape sequence. */
function mentions(body: string, users: UserMatcher): boolean {
  if (users.isIn(body)) return true;
  if (!body.includes('\\u')) return false;
  return users.isIn(body.replace(/\\u([\da-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16))));
}
