-- Tables and columns take the terms of the field; rows that belong together are held together by foreign keys.
-- Nothing is dropped but rows whose owner is gone.

-- The audit log.
alter table "admin_deed" rename to "audit_entry";
alter table "audit_entry" rename column "deed" to "action";
alter table "audit_entry" rename column "subject_id" to "target_id";
alter table "audit_entry" rename column "given" to "arguments";
alter table "audit_entry" rename column "done" to "succeeded";
alter table "audit_entry" alter column "admin_token_id" drop not null;
alter table "audit_entry" rename constraint "admin_deed_pkey" to "audit_entry_pkey";
alter index "admin_deed_of" rename to "audit_entry_action";
alter sequence "admin_deed_id_seq" rename to "audit_entry_id_seq";

-- The version of the routing table: rises whenever what a Current takes, or how, has changed.
alter table "registry" rename to "route_table";
alter table "route_table" rename constraint "registry_pkey" to "route_table_pkey";
alter table "route_table" rename constraint "registry_id_check" to "route_table_id_check";
alter function "registry_changed"() rename to "route_table_changed";
create or replace function "route_table_changed"() returns trigger language plpgsql as $$
begin
  update "route_table" set "version" = "version" + 1;
  perform pg_notify('currents_routes', '');
  return null;
end $$;
alter function "insist"(boolean, text) rename to "raise_unless";

-- GCRA buckets: "tat" is the theoretical arrival time. The rest is what a row was given last.
alter table "budget" rename to "budget_bucket";
alter table "budget_bucket" rename column "mark" to "tat";
alter table "budget_bucket" rename column "at_most_ms" to "max_lead_ms";
alter table "budget_bucket" rename constraint "budget_pkey" to "budget_bucket_pkey";

alter table "quota_use" rename to "quota_usage";
alter table "quota_usage" rename column "allow" to "quota_limit";
alter table "quota_usage" rename column "counts_until" to "expires_at";
alter table "quota_usage" rename constraint "quota_use_pkey" to "quota_usage_pkey";

alter table "worker" rename to "worker_lease";
alter table "worker_lease" rename constraint "worker_pkey" to "worker_lease_pkey";

-- A deferral: until when nothing is sent, and why.
alter table "current" rename column "hold_until" to "deferral_until";
alter table "current" rename column "hold_code" to "deferral_code";
alter table "current" rename column "hold_detail" to "deferral_detail";

alter table "import_key" rename column "invalid_from" to "revoked_at";

-- "reported_count" is how many members the partner says a cohort has; "net_change_since_report" what its own changes have
-- added since, less what they have removed.
alter table "cohort" rename column "told_members" to "reported_count";
alter table "cohort" rename column "told_at" to "reported_at";
alter table "cohort" rename column "told_by" to "reported_by";
alter table "cohort" rename column "told_moved" to "net_change_since_report";
alter table "cohort" rename constraint "cohort_told_by_check" to "cohort_reported_by_check";

alter table "cohort_change" rename column "given" to "received_count";
alter table "cohort_change" drop constraint "cohort_change_state_check";
drop index "cohort_change_waiting";
update "cohort_change" set "state" = 'pending' where "state" = 'waiting';
alter table "cohort_change" alter column "state" set default 'pending';
alter table "cohort_change" add constraint "cohort_change_state_check"
  check ("state" in ('pending', 'staged', 'applied', 'dropped'));
create index "cohort_change_pending" on "cohort_change" ("cohort_id", "id") where "state" = 'pending';

-- Tombstones: when a member that is not in the cohort left it, so that an older change does not bring it back.
alter table "cohort_departed" rename to "cohort_tombstone";
alter table "cohort_tombstone" rename constraint "cohort_departed_pkey" to "cohort_tombstone_pkey";

alter table "cohort_sync" rename column "given" to "received_count";
alter table "cohort_sync" rename column "added" to "added_count";
alter table "cohort_sync" rename column "removed" to "removed_count";
alter table "cohort_sync" rename column "unchanged" to "unchanged_count";
alter table "cohort_sync" rename column "late" to "late_count";

alter table "superseded_set" rename to "unreferenced_set";
alter table "unreferenced_set" rename column "superseded_at" to "unreferenced_since";
alter table "unreferenced_set" rename constraint "superseded_set_pkey" to "unreferenced_set_pkey";

-- "definition_version" counts definitions, "version" every change that an admin makes.
alter table "segment" rename column "version" to "definition_version";
alter table "segment" rename column "due_after" to "evaluate_after";
alter table "segment" rename column "change_id" to "last_change_id";
alter table "segment" rename column "forgotten_change_id" to "pruned_change_id";
alter table "segment" rename column "changes_since" to "changes_complete_since";
alter table "segment" add column "version" integer not null default 1;
alter table "cohort" add column "version" integer not null default 1;

alter table "segment_webhook" rename column "change_id" to "delivered_change_id";
alter table "segment_webhook" rename column "batch_to" to "batch_last_change_id";
alter table "segment_webhook" rename column "delivered" to "delivered_count";
alter table "segment_webhook" rename column "expired" to "expired_count";
alter table "segment_webhook" rename column "hold_until" to "deferral_until";
alter table "segment_webhook" rename column "hold_code" to "deferral_code";
alter table "segment_webhook" rename column "hold_detail" to "deferral_detail";
alter table "segment_webhook" add column "version" integer not null default 1;
alter table "segment_webhook_expiry" rename column "changes" to "change_count";

-- A pull under way has got to "cursor", with so many pages and members before it.
alter table "cohort_pull" rename column "begun_at" to "started_at";
alter table "cohort_pull" rename column "moved_at" to "progressed_at";
alter table "cohort_pull" rename column "place" to "cursor";
alter table "cohort_pull" rename column "place_pages" to "cursor_pages";
alter table "cohort_pull" rename column "place_members" to "cursor_members";
alter table "cohort_pull" rename column "tries" to "attempts";
alter table "cohort_pull" rename column "hold_code" to "deferral_code";
alter table "cohort_pull" rename column "hold_detail" to "deferral_detail";
alter table "cohort_pull" rename column "failed_code" to "failure_code";
alter table "cohort_pull" rename column "failed_detail" to "failure_detail";
alter table "cohort_pull" rename column "failed_mend" to "failure_recovery";
alter table "cohort_pull" drop constraint "cohort_pull_failed_mend_check";
update "cohort_pull" set "failure_recovery" =
  case "failure_recovery" when 'time' then 'automatic' when 'person' then 'manual' when 'gone' then 'none' end;
alter table "cohort_pull" add constraint "cohort_pull_failure_recovery_check"
  check ("failure_recovery" in ('automatic', 'manual', 'none'));

-- A sliding-window log per set of credentials: when steps were made and pulls begun, in Unix milliseconds.
alter table "pull_account" rename to "pull_usage";
alter table "pull_usage" rename column "steps" to "step_times_ms";
alter table "pull_usage" rename column "pulls" to "pull_times_ms";
alter table "pull_usage" rename constraint "pull_account_pkey" to "pull_usage_pkey";

-- What a mutation with an Idempotency-Key was answered, so that the same key is answered the same. Kept for a day. The
-- answer is sealed, because it may hold a token that is shown once.
create table "idempotency_key" (
  "admin_token_id" integer not null,
  "key" text not null,
  "mutation" text not null,
  "request_hash" bytea not null,
  "state" text not null default 'in_progress' check ("state" in ('in_progress', 'completed')),
  "answer" bytea,
  "created_at" timestamptz not null default now(),
  primary key ("admin_token_id", "key"),
  constraint "idempotency_key_answer_check" check (("state" = 'completed') = ("answer" is not null))
);
create index "idempotency_key_created_at" on "idempotency_key" ("created_at");

-- Rows whose owner is gone. An audit entry stays, without its actor.
update "audit_entry" e set "admin_token_id" = null
  where "admin_token_id" is not null and not exists (select from "admin_token" t where t."id" = e."admin_token_id");
delete from "cohort_sync" s where not exists (select from "cohort" c where c."id" = s."cohort_id");
delete from "segment_cohort" u where not exists (select from "cohort" c where c."id" = u."cohort_id")
  or not exists (select from "segment" s where s."id" = u."segment_id");
delete from "segment_webhook" w where not exists (select from "segment" s where s."id" = w."segment_id");
delete from "segment_webhook_expiry" e where not exists (select from "segment_webhook" w where w."id" = e."webhook_id");
delete from "partner_cohort" p where not exists (select from "current" c where c."id" = p."current_id");
delete from "cohort_pull" p where not exists (select from "cohort" c where c."id" = p."cohort_id")
  or not exists (select from "current" c where c."id" = p."current_id");

alter table "audit_entry" add foreign key ("admin_token_id") references "admin_token" on delete set null;
alter table "idempotency_key" add foreign key ("admin_token_id") references "admin_token" on delete cascade;
alter table "cohort_sync" add foreign key ("cohort_id") references "cohort" on delete cascade;
alter table "segment_cohort" add foreign key ("cohort_id") references "cohort" on delete cascade;
alter table "segment_cohort" add foreign key ("segment_id") references "segment" on delete cascade;
alter table "segment_webhook" add foreign key ("segment_id") references "segment" on delete cascade;
alter table "segment_webhook_expiry" add foreign key ("webhook_id") references "segment_webhook" on delete cascade;
alter table "partner_cohort" add foreign key ("current_id") references "current" on delete cascade;
alter table "cohort_pull" add foreign key ("cohort_id") references "cohort" on delete cascade;
-- No action: a Current whose credentials a pull uses is not deleted under it.
alter table "cohort_pull" add foreign key ("current_id") references "current";
