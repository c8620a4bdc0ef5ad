import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import { updateAlarms } from '../notices/alarms.js';
import { closeNotices, failUndeliverable } from '../notices/noticeMessages.js';
import { raiseNotice } from '../notices/raiseNotice.js';
import { raiseFormerlyMuted } from '../notices/routeNotices.js';
import type { SealKeys } from '../secrets/sealedColumns.js';
import { readStatusParts } from '../status/hubStatus.js';
import { alarmsOf, closingOf, knownAlarms, otherParts, urgentParts, windowNotices } from '../status/statusNotices.js';
import type { Sweeps } from '../sweeps.js';
import { databaseAlarms } from './databaseSize.js';
import { expiredChangeNotices } from './expiredChangeNotices.js';
import { expiredNotices } from './expiredNotices.js';
import { newEventTypes } from './newEventTypes.js';

export interface NoticeSweepDeps {
  readonly sql: Sql;
  readonly log: Logger;
  readonly sweeps: Sweeps;
  readonly seal: SealKeys;
  readonly windowMs: number;
  readonly quarantineMaxBytes: number;
  /** What the database may grow to; 0: not looked at. */
  readonly databaseMaxBytes: number;
}

/** How often one of the workers looks for Currents and webhooks that were blocked, and for all else. */
const urgentSeconds = 10;
const restSeconds = 60;

/** SQL: a later time than any that is waited for was stored while the clock of the database was ahead. */
const isDue = (column: string, seconds: number): string =>
  `(${column} <= now() or ${column} > now() + ${seconds} * interval '1 second')`;

/**
 * Compares the state of the hub with the notices that are stored, and raises those that are missing. It derives them from
 * what is stored, so a change of state is noticed as well when every worker was down.
 */
export function startNoticeSweep(deps: NoticeSweepDeps) {
  return deps.sweeps.add({
    event: 'notice_sweep.failed',
    isDue: () => `exists (select from notice_schedule where ${isDue('examine_at', urgentSeconds)})`,
    task: () => examineHub(deps),
  });
}

async function examineHub(deps: NoticeSweepDeps): Promise<void> {
  const { sql, windowMs, databaseMaxBytes } = deps;
  const isRestDue = sql.unsafe(isDue('f.examine_rest_at', restSeconds));
  // One worker at a time gets a row, and the others wait for the next time.
  const [turn] = await sql<{ isRestDue: boolean }[]>`
    update notice_schedule s set
      examine_at = now() + ${urgentSeconds}::int * interval '1 second',
      examine_rest_at = case when ${isRestDue} then now() + ${restSeconds}::int * interval '1 second' else f.examine_rest_at end
    from notice_schedule f where f.id = s.id and ${sql.unsafe(isDue('s.examine_at', urgentSeconds))}
    returning ${isRestDue} as "isRestDue"`;
  if (!turn) return;
  const wanted = turn.isRestDue ? [...urgentParts, ...otherParts] : urgentParts;
  const status = await readStatusParts(sql, wanted, { ...deps, clock: deps.sweeps.clock });
  await updateAlarms(sql, knownAlarms(status), alarmsOf(status), (ended) => closingOf(ended, status));
  for (const notice of windowNotices(status)) await raiseNotice(sql, notice);
  if (!turn.isRestDue) return;
  for (const notice of await expiredNotices(sql)) await raiseNotice(sql, notice);
  for (const notice of await expiredChangeNotices(sql)) await raiseNotice(sql, notice);
  for (const notice of await newEventTypes(sql)) await raiseNotice(sql, notice);
  if (databaseMaxBytes > 0)
    await updateAlarms(sql, ['database_near_budget'], await databaseAlarms(sql, databaseMaxBytes), () => undefined);
  await raiseFormerlyMuted(sql);
  await failUndeliverable(sql, windowMs);
  await closeNotices(sql);
}
