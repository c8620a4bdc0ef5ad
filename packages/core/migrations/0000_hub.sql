-- What the hub remembers. Batches, deliveries, dead letters, quarantine and requests are partitioned by the UTC day on
-- which they were stored, so that forgetting a day is dropping its partitions.

create table "admin_token" (
  "id" integer generated always as identity primary key,
  "hash" bytea not null unique,
  "created_at" timestamptz not null default now(),
  "revoked_at" timestamptz
);

create table "ingest_token" (
  "id" integer generated always as identity primary key,
  "name" text not null,
  "hash" bytea not null unique,
  "hint" text not null,
  "created_at" timestamptz not null default now(),
  "last_used_at" timestamptz,
  "revoked_at" timestamptz
);
create unique index "ingest_token_name" on "ingest_token" (lower("name")) where "revoked_at" is null;

create table "current" (
  "id" integer generated always as identity primary key,
  "name" text not null,
  "contact_email" text not null,
  "destination" text not null,
  "settings" jsonb not null,
  "credentials" bytea,
  "selection" jsonb not null,
  "state" text not null default 'draft' check ("state" in ('draft', 'live', 'paused', 'blocked', 'deleted')),
  "state_since" timestamptz not null default now(),
  "live_since" timestamptz,
  "blocked_code" text,
  "blocked_detail" text,
  "probes" integer not null default 0,
  "probe_at" timestamptz,
  "hold_until" timestamptz,
  "hold_code" text,
  "hold_detail" text,
  "failures" integer not null default 0,
  "version" integer not null default 1,
  "created_at" timestamptz not null default now(),
  "updated_at" timestamptz not null default now()
);
create unique index "current_name" on "current" (lower("name")) where "state" <> 'deleted';

-- One row whose version rises whenever what a Current takes, or how, has changed. Storing a batch is conditional on it,
-- so a fan-out can never work from a stale list of Currents.
create table "registry" (
  "id" boolean primary key default true check ("id"),
  "version" bigint not null
);
insert into "registry" ("version") values (1);

create function "registry_changed"() returns trigger language plpgsql as $$
begin
  update "registry" set "version" = "version" + 1;
  perform pg_notify('currents_registry', '');
  return null;
end $$;
create trigger "current_changed"
  after insert or delete or update of "settings", "credentials", "selection", "state", "live_since", "version" on "current"
  for each statement execute function "registry_changed"();
create function "tokens_changed"() returns trigger language plpgsql as $$
begin
  perform pg_notify('currents_tokens', '');
  return null;
end $$;
create trigger "ingest_token_changed" after insert or delete or update of "revoked_at" on "ingest_token"
  for each statement execute function "tokens_changed"();
create trigger "admin_token_changed" after insert or delete or update of "revoked_at" on "admin_token"
  for each statement execute function "tokens_changed"();

create sequence "batch_id";
create table "batch" (
  "stored_on" date not null,
  "id" bigint not null default nextval('batch_id'),
  "stored_at" timestamptz not null default now(),
  "events" integer not null,
  "content" bytea not null,
  primary key ("stored_on", "id")
) partition by range ("stored_on");
-- The content is compressed already: keep Postgres from trying again.
alter table "batch" alter column "content" set storage external;

-- "outcomes" holds one byte per event of the batch; null while every event is selected and pending.
-- A row is leased by moving "due_at" ahead and naming a "lease".
create sequence "delivery_id";
create table "delivery" (
  "stored_on" date not null,
  "id" bigint not null default nextval('delivery_id'),
  "batch_id" bigint not null,
  "current_id" integer not null,
  "stored_at" timestamptz not null default now(),
  "replay" boolean not null default false,
  "events" integer not null,
  "pending" integer not null,
  "outcomes" bytea,
  "skip_reasons" text[],
  "deferred" jsonb,
  "attempts" integer not null default 0,
  "due_at" timestamptz not null default now(),
  "lease" bigint,
  primary key ("stored_on", "id")
) partition by range ("stored_on");
alter table "delivery" alter column "outcomes" set storage external;
create index "delivery_due" on "delivery" ("current_id", "due_at") where "pending" > 0;
-- The few deliveries with events that wait for a time of their own.
create index "delivery_deferred" on "delivery" ("current_id") where "deferred" is not null;

create sequence "dead_letter_id";
create table "dead_letter" (
  "stored_on" date not null,
  "id" bigint not null default nextval('dead_letter_id'),
  "current_id" integer not null,
  "batch_id" bigint not null,
  "delivery_id" bigint not null,
  "outcome" text not null check ("outcome" in ('rejected', 'expired')),
  "code" text not null,
  "detail" text not null,
  "attempts" integer not null,
  "positions" integer[] not null,
  "recorded_at" timestamptz not null default now(),
  "replayed_at" timestamptz,
  primary key ("stored_on", "id")
) partition by range ("stored_on");
create index "dead_letter_of" on "dead_letter" ("current_id", "id" desc);

create sequence "quarantine_id";
create table "quarantine" (
  "stored_on" date not null,
  "id" bigint not null default nextval('quarantine_id'),
  "stored_at" timestamptz not null default now(),
  "token_id" integer not null,
  "position" integer not null,
  "code" text not null,
  "detail" text not null,
  "body" text not null,
  "released_at" timestamptz,
  primary key ("stored_on", "id")
) partition by range ("stored_on");
create index "quarantine_code" on "quarantine" ("code", "id" desc);

-- What a request was answered, so that the same request sent again is answered the same and stored once.
create table "request" (
  "hash" bytea not null,
  "stored_on" date not null,
  "accepted" integer not null,
  "refused" text,
  primary key ("hash", "stored_on")
) partition by range ("stored_on");

-- How many events of a Current reached which outcome on which day, counted in the same transaction as the outcome.
-- Each writer has a shard of its own, so that writers do not wait for one another.
create table "tally" (
  "current_id" integer not null,
  "day" date not null,
  "shard" smallint not null,
  "outcome" text not null,
  "code" text not null default '',
  "events" bigint not null,
  primary key ("current_id", "day", "outcome", "code", "shard")
) with (fillfactor = 50);

create function "ensure_partitions"("ahead" integer) returns void language plpgsql set timezone = 'UTC' as $$
declare
  parent text;
  day date;
begin
  perform pg_advisory_xact_lock(7305128);
  for day in select generate_series(current_date - 1, current_date + "ahead", '1 day')::date loop
    foreach parent in array array['batch', 'delivery', 'dead_letter', 'quarantine', 'request'] loop
      if to_regclass(format('%I', parent || '_' || to_char(day, 'YYYYMMDD'))) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)',
          parent || '_' || to_char(day, 'YYYYMMDD'), parent, day, day + 1);
      end if;
    end loop;
  end loop;
end $$;

create function "insist"("holds" boolean, "what" text) returns void language plpgsql as $$
begin
  if not "holds" then
    raise exception '%', "what" using errcode = 'P0001';
  end if;
end $$;

-- How far each budget key's allowance is spoken for, where there is no Redis to keep it.
create unlogged table "budget" (
  "key" text primary key,
  "mark" timestamptz not null,
  "lead_ms" float8 not null,
  "cost_ms" float8 not null,
  "at_most_ms" float8 not null
) with (fillfactor = 70);

-- Workers that are, or were, at work. Whether one still is, an advisory lock of its connection tells.
create table "worker" (
  "id" integer primary key,
  "started_at" timestamptz not null default now()
);
