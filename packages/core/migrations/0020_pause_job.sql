-- A job can be paused: it has neither lease nor claim, so processes of the release before leave it alone, too.
alter table "job" drop constraint "job_state_check";
alter table "job" add constraint "job_state_check"
  check ("state" in ('queued', 'running', 'paused', 'done', 'failed', 'cancelled'));
-- Each release knows its own operations, and leaves the jobs of others alone.
alter table "job" drop constraint "job_operation_check";
-- The speed of a job, for an estimate of its end.
alter table "job" add column "claimed_at" timestamptz;
alter table "job" add column "claimed_done_count" bigint;
alter table "job" add column "progressed_at" timestamptz;
