-- Cohorts in, segments out. The members of a cohort or a segment lie in a table of their own, a set, named by its number:
-- replacing a membership is pointing to another set, and forgetting one is dropping its table.

-- Partners that push cohorts without a package of their own here.
create table "import_partner" (
  "name" text primary key,
  "created_at" timestamptz not null default now()
);

create table "import_key" (
  "id" integer generated always as identity primary key,
  "partner" text not null,
  "name" text not null,
  "hash" bytea not null unique,
  "hint" text not null,
  "created_at" timestamptz not null default now(),
  "last_used_at" timestamptz,
  "invalid_from" timestamptz
);
create unique index "import_key_name" on "import_key" ("partner", lower("name")) where "invalid_from" is null;
create function "import_keys_changed"() returns trigger language plpgsql as $$
begin
  perform pg_notify('currents_import_keys', '');
  return null;
end $$;
create trigger "import_key_changed" after insert or delete or update of "invalid_from" on "import_key"
  for each statement execute function "import_keys_changed"();

create sequence "member_set_id";

-- "list_id" is what a partner is given that asks for an id of ours; like "partner_id" it never changes.
-- "told_members" is what the partner said it has, "told_moved" what has come and gone by its own changes since.
create table "cohort" (
  "id" integer generated always as identity primary key,
  "partner" text not null,
  "partner_id" text not null,
  "list_id" text not null,
  "name" text not null,
  "description" text,
  "partner_created_at" timestamptz,
  "schedule" text check ("schedule" in ('one_time', 'dynamic', 'hourly', 'daily')),
  "set_id" bigint,
  "external_ids" bigint not null default 0,
  "device_ids" bigint not null default 0,
  "aliases" bigint not null default 0,
  "told_members" bigint,
  "told_at" timestamptz,
  "told_by" text check ("told_by" in ('pages', 'partner', 'admin')),
  "told_moved" bigint not null default 0,
  "last_sync_at" timestamptz,
  "created_at" timestamptz not null default now(),
  "deleted_at" timestamptz,
  unique ("partner", "partner_id"),
  unique ("partner", "list_id")
);

-- What partners pushed, one row per change of one cohort, in the order in which it came. The members are let go once
-- they are applied; the row stays a while, so that the same push is known when it comes again.
create sequence "cohort_change_id";
create table "cohort_change" (
  "id" bigint primary key default nextval('cohort_change_id'),
  "cohort_id" integer not null,
  "key_id" integer,
  "stored_at" timestamptz not null default now(),
  "hash" bytea,
  "position" integer not null,
  "kind" text not null check ("kind" in ('declare', 'replace', 'add', 'remove')),
  "name" text,
  "description" text,
  "partner_created_at" timestamptz,
  "session" text,
  "page" integer,
  "pages" integer,
  "computed_at_ms" bigint,
  "members" text[] collate "C",
  "given" integer not null,
  "refused" jsonb,
  "state" text not null default 'waiting' check ("state" in ('waiting', 'staged', 'applied', 'dropped'))
);
create unique index "cohort_change_hash" on "cohort_change" ("cohort_id", "hash", "position");
create index "cohort_change_waiting" on "cohort_change" ("cohort_id", "id") where "state" = 'waiting';
create index "cohort_change_session" on "cohort_change" ("cohort_id", "session", "kind", "page") where "session" is not null;
create index "cohort_change_done" on "cohort_change" ("stored_at") where "state" in ('applied', 'dropped');

-- When a member that is not in the cohort left it, as the partner computed it: an older change does not bring it back.
create table "cohort_departed" (
  "cohort_id" integer not null,
  "member" text collate "C" not null,
  "computed_at_ms" bigint not null,
  primary key ("cohort_id", "member")
);

-- The history: what one sync of one cohort did.
create table "cohort_sync" (
  "id" bigint generated always as identity primary key,
  "cohort_id" integer not null,
  "kind" text not null check ("kind" in ('replace', 'add', 'remove', 'changes')),
  "session" text,
  "computed_at_ms" bigint,
  "first_change_id" bigint not null,
  "started_at" timestamptz not null,
  "last_at" timestamptz not null,
  "finished_at" timestamptz,
  "state" text not null check ("state" in ('receiving', 'applied', 'superseded', 'incomplete')),
  "pages_expected" integer,
  "pages_received" integer not null default 0,
  "given" bigint not null default 0,
  "added" bigint not null default 0,
  "removed" bigint not null default 0,
  "unchanged" bigint not null default 0,
  "late" bigint not null default 0,
  "refused" jsonb not null default '{}'
);
create unique index "cohort_sync_session" on "cohort_sync" ("cohort_id", "session", "kind") where "session" is not null;
create index "cohort_sync_of" on "cohort_sync" ("cohort_id", "id" desc);
create index "cohort_sync_receiving" on "cohort_sync" ("last_at") where "state" = 'receiving';

-- Sets nobody is pointed to any more; dropped a little later, for who is still reading.
create table "superseded_set" (
  "set_id" bigint primary key,
  "superseded_at" timestamptz not null default now()
);

-- "version" counts definitions, "evaluated_version" is the one its members are by. "change_id" is the last of its changes;
-- those up to "forgotten_change_id" are forgotten, and since "changes_since" none is missing.
create table "segment" (
  "id" integer generated always as identity primary key,
  "name" text not null,
  "definition" jsonb not null,
  "version" integer not null default 1,
  "evaluated_version" integer,
  "set_id" bigint,
  "external_ids" bigint not null default 0,
  "device_ids" bigint not null default 0,
  "aliases" bigint not null default 0,
  "evaluated_at" timestamptz,
  "evaluation_ms" integer,
  "due_after" timestamptz not null default now(),
  "change_id" bigint not null default 0,
  "forgotten_change_id" bigint not null default 0,
  "changes_since" timestamptz,
  "created_at" timestamptz not null default now(),
  "updated_at" timestamptz not null default now(),
  "deleted_at" timestamptz
);
create unique index "segment_name" on "segment" (lower("name")) where "deleted_at" is null;

create table "segment_cohort" (
  "cohort_id" integer not null,
  "segment_id" integer not null,
  primary key ("cohort_id", "segment_id")
);
create index "segment_cohort_of" on "segment_cohort" ("segment_id");

-- Members whose belonging to a segment may have changed; without a member: anybody's may have.
create table "segment_candidate" (
  "id" bigint generated always as identity primary key,
  "segment_id" integer not null,
  "member" text collate "C",
  "at" timestamptz not null default now()
);
create index "segment_candidate_of" on "segment_candidate" ("segment_id", "id");

-- Who entered and who left, in order. One segment is evaluated by one worker at a time, so its numbers rise with its
-- commits, and whoever has read up to a number has missed nothing before it.
create sequence "segment_change_id";
create table "segment_change" (
  "stored_on" date not null default current_date,
  "id" bigint not null default nextval('segment_change_id'),
  "segment_id" integer not null,
  "at" timestamptz not null default now(),
  "entered" boolean not null,
  "member" text collate "C" not null,
  primary key ("stored_on", "id")
) partition by range ("stored_on");
create index "segment_change_of" on "segment_change" ("segment_id", "id");

-- Told of all changes up to "change_id". Those up to "batch_to" are being told, in one request that is repeated as it is.
create table "segment_webhook" (
  "id" integer generated always as identity primary key,
  "segment_id" integer not null,
  "url" text not null,
  "secret" bytea,
  "state" text not null default 'live' check ("state" in ('live', 'paused', 'blocked', 'deleted')),
  "state_since" timestamptz not null default now(),
  "live_since" timestamptz not null default now(),
  "change_id" bigint not null,
  "batch_to" bigint,
  "delivered" bigint not null default 0,
  "expired" bigint not null default 0,
  "last_delivered_at" timestamptz,
  "failures" integer not null default 0,
  "hold_until" timestamptz,
  "hold_code" text,
  "hold_detail" text,
  "blocked_code" text,
  "blocked_detail" text,
  "probes" integer not null default 0,
  "probe_at" timestamptz,
  "lease" bigint,
  "leased_until" timestamptz,
  "created_at" timestamptz not null default now()
);
create index "segment_webhook_of" on "segment_webhook" ("segment_id");

-- Entries and exits that a webhook was not told of, and why.
create table "segment_webhook_expiry" (
  "id" bigint generated always as identity primary key,
  "webhook_id" integer not null,
  "first_change_id" bigint not null,
  "last_change_id" bigint not null,
  "changes" bigint not null,
  "code" text not null,
  "detail" text not null,
  "expired_at" timestamptz not null default now()
);
create index "segment_webhook_expiry_of" on "segment_webhook_expiry" ("webhook_id", "id" desc);

create or replace function "ensure_partitions"("ahead" integer) returns void language plpgsql set timezone = 'UTC' as $$
declare
  parent text;
  day date;
begin
  perform pg_advisory_xact_lock(7305128);
  for day in select generate_series(current_date - 1, current_date + "ahead", '1 day')::date loop
    foreach parent in array array['batch', 'delivery', 'dead_letter', 'quarantine', 'request', 'segment_change'] loop
      if to_regclass(format('%I', parent || '_' || to_char(day, 'YYYYMMDD'))) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)',
          parent || '_' || to_char(day, 'YYYYMMDD'), parent, day, day + 1);
      end if;
    end loop;
  end loop;
end $$;
