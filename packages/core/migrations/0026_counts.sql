-- What a commit counted, as JSON: "received" lists [token, event type, accepted, quarantined, repeated, released], and
-- "unselected" [Current, events]. A commit appends one row, which costs it least; within a minute a worker adds the rows
-- to the counts below and deletes them, in one transaction.
create table "count_entry" (
  "stored_at" timestamptz not null default now(),
  "counts" json not null
);

-- Events that came in, by token and event type; '' where the event names no type of the catalogue.
create table "ingest_count" (
  "hour" timestamptz not null,
  "token_id" integer not null,
  "event_type" text not null,
  "accepted" bigint not null,
  "quarantined" bigint not null,
  "repeated" bigint not null,
  "released" bigint not null,
  primary key ("hour", "token_id", "event_type")
);

-- The same by minute, of each token and of each event type: both at once would be too many rows.
create table "ingest_minute" (
  "dimension" text not null check ("dimension" in ('token', 'event_type')),
  "key" text not null,
  "minute" timestamptz not null,
  "accepted" bigint not null,
  "quarantined" bigint not null,
  "repeated" bigint not null,
  "released" bigint not null,
  primary key ("dimension", "key", "minute")
);

-- How much the tally of a Current grew in a minute or an hour.
create table "current_count" (
  "current_id" integer not null,
  "resolution" text not null check ("resolution" in ('minute', 'hour')),
  "at" timestamptz not null,
  "selected" bigint not null,
  "unselected" bigint not null,
  "delivered" bigint not null,
  "skipped" bigint not null,
  "rejected" bigint not null,
  "expired" bigint not null,
  primary key ("current_id", "resolution", "at")
);

-- The tally as it was when "current_count" was last written.
create table "tally_sample" (
  "current_id" integer not null,
  "day" date not null,
  "selected" bigint not null,
  "unselected" bigint not null,
  "delivered" bigint not null,
  "skipped" bigint not null,
  "rejected" bigint not null,
  "expired" bigint not null,
  primary key ("current_id", "day")
);
insert into "tally_sample"
select current_id, day,
  coalesce(sum(events) filter (where outcome = 'selected'), 0), 0,
  coalesce(sum(events) filter (where outcome = 'delivered'), 0),
  coalesce(sum(events) filter (where outcome = 'skipped'), 0),
  coalesce(sum(events) filter (where outcome = 'rejected'), 0),
  coalesce(sum(events) filter (where outcome = 'expired'), 0)
from "tally" group by current_id, day;

-- How long events took from being stored to being delivered: events by bucket of a histogram, as {"bucket": events}.
create table "latency_count" (
  "current_id" integer not null,
  "resolution" text not null check ("resolution" in ('minute', 'hour')),
  "at" timestamptz not null,
  "buckets" jsonb not null,
  primary key ("current_id", "resolution", "at")
);

-- One row: since when events are counted, and the last minute whose counts were written.
create table "count_state" (
  "id" boolean primary key default true check ("id"),
  "counted_since" timestamptz not null default now(),
  "sampled_minute" timestamptz not null default '-infinity'
);
insert into "count_state" default values;
