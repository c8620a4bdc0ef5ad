-- What people are to know about the hub: one notice for each change of state.
create table "notice" (
  "id" bigint generated always as identity primary key,
  "kind" text not null,
  "severity" text not null,
  "subject" text not null,
  "current_id" integer references "current" ("id") on delete cascade,
  "episode" text not null,
  "is_alarm" boolean not null,
  "since" timestamptz,
  "event_count" bigint,
  "message" text not null,
  "remedy" text not null,
  "state" text not null default 'raised',
  "raised_at" timestamptz not null default now(),
  "ended_at" timestamptz,
  constraint "notice_severity_check" check ("severity" in ('critical', 'warning', 'info')),
  constraint "notice_state_check" check ("state" in ('raised', 'pending', 'sent', 'failed', 'muted', 'no_recipient'))
);
create unique index "notice_once" on "notice" ("kind", "subject", "episode");
create unique index "notice_ongoing" on "notice" ("kind", "subject") where is_alarm and ended_at is null;
create index "notice_open" on "notice" ("id") where state in ('raised', 'pending');
create index "notice_of_current" on "notice" ("current_id", "id" desc);

-- Receivers of all notices over HTTP.
create table "notice_webhook" (
  "id" integer generated always as identity primary key,
  "url" text not null,
  "secret" bytea,
  "state" text not null default 'live',
  "state_since" timestamptz not null default now(),
  "blocked_code" text,
  "blocked_detail" text,
  "probes" integer not null default 0,
  "probe_at" timestamptz,
  "deferral_until" timestamptz,
  "deferral_code" text,
  "deferral_detail" text,
  "failures" integer not null default 0,
  "created_at" timestamptz not null default now(),
  "version" integer not null default 1,
  constraint "notice_webhook_state_check" check ("state" in ('live', 'blocked', 'deleted'))
);

-- A mail with the notices of one address, or a request to a webhook with one notice. "key" becomes its Message-ID.
create table "notice_message" (
  "id" bigint generated always as identity primary key,
  "key" uuid not null default gen_random_uuid(),
  "channel" text not null,
  "recipient" text not null,
  "webhook_id" integer references "notice_webhook" ("id") on delete cascade,
  "state" text not null,
  "due_at" timestamptz not null default now(),
  "attempts" integer not null default 0,
  "lease" bigint,
  "transport" text,
  "failure_code" text,
  "failure_detail" text,
  "created_at" timestamptz not null default now(),
  "sent_at" timestamptz,
  constraint "notice_message_channel_check" check ("channel" in ('mail', 'webhook')),
  constraint "notice_message_state_check" check ("state" in ('gathering', 'ready', 'sent', 'failed')),
  constraint "notice_message_transport_check" check ("transport" in ('smtp', 'log', 'http'))
);
create unique index "notice_message_gathering" on "notice_message" ("recipient") where state = 'gathering';
create index "notice_message_due" on "notice_message" ("due_at") where state in ('gathering', 'ready');

create table "notice_message_item" (
  "message_id" bigint not null references "notice_message" ("id") on delete cascade,
  "notice_id" bigint not null references "notice" ("id") on delete cascade,
  primary key ("message_id", "notice_id")
);
create index "notice_message_item_of" on "notice_message_item" ("notice_id");

-- Without a Current, all notices are muted.
create table "notice_mute" (
  "id" integer generated always as identity primary key,
  "current_id" integer references "current" ("id") on delete cascade,
  "until" timestamptz not null,
  "created_at" timestamptz not null default now()
);
create unique index "notice_mute_of" on "notice_mute" (coalesce(current_id, 0));

-- One row: when the state of the hub is looked at again, and how far the quarantine was.
create table "notice_schedule" (
  "id" boolean primary key default true,
  "examine_at" timestamptz not null default now(),
  "examine_rest_at" timestamptz not null default now(),
  "quarantine_day" date not null default current_date,
  "quarantine_id" bigint not null default 0,
  constraint "notice_schedule_id_check" check ("id")
);
insert into "notice_schedule" ("id") values (true);

-- Events that expired before there were notices are in the overview, and no mail is sent about them.
insert into "notice" ("kind", "severity", "subject", "current_id", "episode", "is_alarm", "event_count", "message", "remedy", "state")
select 'events_expired', 'critical', 'Current:' || "current_id", "current_id", "day"::text, false, sum("events"),
  'Events expired before this release.', 'Replay them with replayDeadLetters.', 'muted'
from "tally" join "current" on "current"."id" = "tally"."current_id" where "outcome" = 'expired' group by "current_id", "day";
