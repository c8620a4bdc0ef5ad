-- Admin operations that may take long. A process of the api runs a job in steps under a lease; "progress" is how far it
-- has come, saved with each step, so that another process goes on from there.
create table "job" (
  "id" integer generated always as identity primary key,
  "operation" text not null,
  "input" jsonb not null,
  "state" text not null default 'queued',
  "progress" jsonb,
  "done_count" bigint not null default 0,
  "total_count" bigint,
  "result" jsonb,
  "error" text,
  "admin_token_id" integer,
  "cancel_requested_at" timestamptz,
  "attempts" integer not null default 0,
  "lease" bigint,
  "due_at" timestamptz not null default now(),
  "created_at" timestamptz not null default now(),
  "started_at" timestamptz,
  "finished_at" timestamptz,
  constraint "job_operation_check"
    check ("operation" in ('release_quarantined_events', 'purge_quarantined_events', 'replay_dead_letters', 'check_ledger')),
  constraint "job_state_check" check ("state" in ('queued', 'running', 'done', 'failed', 'cancelled'))
);
create index "job_due" on "job" ("due_at") where "state" in ('queued', 'running');
