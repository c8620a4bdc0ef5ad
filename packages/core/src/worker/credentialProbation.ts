import { Outcome } from '../batch/outcome.js';
import { rollBackCredentials } from '../currents/rollBackCredentials.js';
import { testConnection } from '../delivery/compression.js';
import type { DeliverResult } from '../delivery/deliver.js';
import type { Sql } from '../db/connect.js';
import { isUsable, loadCurrent } from '../loadCurrent.js';
import type { CurrentProberDeps } from './currentProber.js';

/** Promoted credentials about which the destination says nothing are tested again so much later. */
const retestMinutes = 5;
/** The most that are tested at once. */
const maxAtOnce = 20;

/** What a worker blocks a Current for by itself: the destination has said nothing. */
const ownReasons = [
  'no_connector',
  'settings_invalid',
  'field_rules_unreadable',
  'credentials_missing',
  'credentials_unreadable',
  'base_url_not_allowed',
] as const;

/**
 * A rotation `r` of a Current `c` that was blocked since its credentials were promoted: by a worker of a release that
 * knows no probation.
 */
const isBlocked = `r.state = 'probation' and c.state = 'blocked' and c.state_since >= r.promoted_at
  and c.blocked_code not in (${ownReasons.map((code) => `'${code}'`).join(', ')})`;

/** An SQL condition: whether there is anything to do. */
export const isProbationDue = `exists (select from credential_rotation where probation_ends_at <= now())
  or exists (select from credential_rotation r join current c on c.id = r.current_id where (${isBlocked}) or c.state = 'deleted')`;

interface EndedProbation {
  readonly currentId: number;
  /** Whether events were delivered with the promoted credentials. */
  readonly isProven: boolean;
}

/**
 * Ends probations. Where events were delivered with the promoted credentials, or their test passes, the former ones are
 * deleted; where it is refused, the Current goes back to them. Any number of workers may run it concurrently.
 */
export async function endProbations(deps: CurrentProberDeps): Promise<void> {
  const { sql } = deps;
  await sql`delete from credential_rotation r using current c where c.id = r.current_id and c.state = 'deleted'`;
  const blocked = await sql<{ id: number; version: number; code: string; detail: string }[]>`
    select c.id, c.version, c.blocked_code as code, c.blocked_detail as detail
    from credential_rotation r join current c on c.id = r.current_id where ${sql.unsafe(isBlocked)} limit ${maxAtOnce}`;
  for (const { id, ...refusal } of blocked) await rollBackRefused(deps, id, refusal);
  const ended = await sql<EndedProbation[]>`
    update credential_rotation set probation_ends_at = now() + ${retestMinutes}::int * interval '1 minute'
    where current_id in (
      select current_id from credential_rotation where probation_ends_at <= now()
      order by probation_ends_at limit ${maxAtOnce} for update skip locked)
    returning current_id as "currentId", first_delivered_at is not null as "isProven"`;
  await Promise.all(ended.map((each) => endProbation(deps, each)));
}

/** Goes back to the former credentials, and logs it. Returns whether it did. */
export async function rollBackRefused(
  { sql, log }: Pick<CurrentProberDeps, 'sql' | 'log'>,
  currentId: number,
  refusal: { readonly version: number; readonly code: string; readonly detail: string },
): Promise<boolean> {
  const isRolledBack = await rollBackCredentials(sql, currentId, refusal);
  const { code, detail } = refusal;
  if (isRolledBack)
    log.warn(
      { event: 'credentials.rolled_back', current: currentId, code, detail },
      'the destination refused the promoted credentials; the Current went back to the former ones',
    );
  return isRolledBack;
}

/**
 * Records that events were delivered with promoted credentials, if they were in this attempt and the Current still has
 * this version. Returns whether they were.
 */
export async function recordFirstDelivery(
  sql: Sql,
  currentId: number,
  version: number,
  { results }: Pick<DeliverResult, 'results'>,
): Promise<boolean> {
  const isDelivered = results.some(({ delivery, outcomes }) =>
    outcomes.some((outcome, index) => outcome === Outcome.delivered && delivery.outcomes[index] !== outcome),
  );
  if (!isDelivered) return false;
  await sql`
    update credential_rotation r set first_delivered_at = now()
    from current c
    where r.current_id = ${currentId} and r.state = 'probation' and r.first_delivered_at is null
      and c.id = r.current_id and c.version = ${version}::int`;
  return true;
}

async function endProbation(deps: CurrentProberDeps, { currentId, isProven }: EndedProbation): Promise<void> {
  const { sql, http, log, wake } = deps;
  const loaded = await loadCurrent(sql, currentId, deps);
  if (!loaded || !isUsable(loaded)) return;
  const { connector, settings, credentials, version } = loaded;
  const answer = isProven
    ? ({ outcome: 'passed' } as const)
    : await testConnection(connector, { settings, credentials, http }).catch(
        () => ({ outcome: 'unreachable', code: 'test_threw', detail: '' }) as const,
      );
  if (answer.outcome === 'passed') {
    const retired = await retire(deps, currentId, version);
    if (retired) log.info({ event: 'credentials.retired', current: currentId });
    return;
  }
  if (answer.outcome === 'refused' && (await rollBackRefused(deps, currentId, { version, ...answer }))) wake(currentId);
}

/** Deletes the former credentials, and records that in the audit log. */
async function retire({ sql }: CurrentProberDeps, currentId: number, version: number): Promise<boolean> {
  const retired = await sql`
    with retired as (
      delete from credential_rotation r using current c
      where r.current_id = ${currentId} and r.state = 'probation' and c.id = r.current_id and c.version = ${version}
      returning r.current_id as id
    )
    insert into audit_entry (action, actor, target_id, arguments, result, succeeded)
    select 'retireFormerCredentials', 'system', 'cur_' || id, '{}'::jsonb, 'RetireFormerCredentialsPayload', true from retired`;
  return retired.count > 0;
}
