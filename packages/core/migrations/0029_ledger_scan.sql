-- One row: how far the continuous check of the ledger has come. "progress" holds its position and the sums of the day, as
-- JSON with a version; null between two rounds. A worker that claims a step raises "lease". The first round begins some
-- minutes after the installation.
create table "ledger_scan" (
  "id" boolean primary key default true check ("id"),
  "progress" jsonb,
  "lease" bigint not null default 0,
  "due_at" timestamptz not null default now() + interval '5 minutes',
  "round_started_at" timestamptz,
  "checked_since" timestamptz,
  "checked_at" timestamptz
);
insert into "ledger_scan" default values;

-- A number that is stored in two places and differs. "delivery_id" is 0 when it is about the whole day.
create table "ledger_difference" (
  "id" integer generated always as identity primary key,
  "current_id" integer not null,
  "day" date not null,
  "delivery_id" bigint not null,
  "quantity" text not null,
  "code" text not null,
  "expected" bigint not null,
  "stored" bigint not null,
  "first_seen_at" timestamptz not null default now(),
  "last_seen_at" timestamptz not null default now(),
  "resolved_at" timestamptz
);
create unique index "ledger_difference_open" on "ledger_difference" ("current_id", "day", "delivery_id", "quantity", "code")
  where "resolved_at" is null;
