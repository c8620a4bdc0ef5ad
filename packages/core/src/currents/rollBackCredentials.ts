import type { FailureReason } from '../circuitBreaker.js';
import type { Sql } from '../db/connect.js';

interface Refusal extends FailureReason {
  /** The version of the Current with which the request was made; undefined where that is not known. */
  readonly version?: number | undefined;
}

/**
 * Goes back from promoted credentials on probation to the former ones, which takes effect with the next attempt; the
 * promoted ones are staged again. In one statement, and only if the Current still has the version that was refused, so
 * that a late refusal, of former credentials or of promoted ones that were given up already, changes nothing.
 *
 * With a refusal it is the hub's own act: it is kept as the test's result, as a warning and as an audit entry.
 * A Current that is blocked goes live. Returns whether it went back.
 */
export async function rollBackCredentials(sql: Sql, currentId: number, refusal?: Refusal): Promise<boolean> {
  const isRefused = refusal !== undefined;
  const [code, detail, version] = [refusal?.code ?? '', refusal?.detail ?? '', refusal?.version ?? null];
  const [row] = await sql<[{ restored: number }]>`
    with present as (
      select id, credentials from current
      where id = ${currentId} and state <> 'deleted' and (${version}::int is null or version = ${version}::int) for update
    ), former as (
      select r.current_id, r.credentials from credential_rotation r join present on present.id = r.current_id
      where r.state = 'probation' for update of r
    ), restored as (
      update current c set
        credentials = former.credentials, version = c.version + 1,
        state = case c.state when 'blocked' then 'live' else c.state end,
        state_since = case c.state when 'blocked' then now() else c.state_since end,
        blocked_code = null, blocked_detail = null, probes = 0, probe_at = null,
        failures = 0, deferral_until = null, deferral_code = null, deferral_detail = null
      from former where c.id = former.current_id
      returning c.id
    ), given_up as (
      update credential_rotation r set
        state = 'staged', credentials = present.credentials, promoted_at = null, probation_ends_at = null, first_delivered_at = null,
        test_outcome = case when ${isRefused}::boolean then 'refused' else r.test_outcome end,
        test_code = case when ${isRefused}::boolean then ${code} else r.test_code end,
        test_detail = case when ${isRefused}::boolean then ${detail} else r.test_detail end,
        tested_at = case when ${isRefused}::boolean then now() else r.tested_at end
      from present, restored where present.id = restored.id and r.current_id = restored.id
    ), warned as (
      insert into current_warning (current_id, code, detail, events)
      select id, 'credentials_rolled_back', ${detail}, 0 from restored where ${isRefused}::boolean
      on conflict (current_id, code) do update set detail = excluded.detail, first_at = now(), last_at = now()
    ), audited as (
      insert into audit_entry (action, actor, target_id, arguments, result, succeeded)
      select 'rollBackCredentials', 'system', 'cur_' || id, jsonb_build_object('reason', ${code}::text), 'RollBackCredentialsPayload', true
      from restored where ${isRefused}::boolean
    )
    select count(*)::int as restored from restored`;
  return row.restored > 0;
}
