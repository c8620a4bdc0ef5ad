-- Where is my event: which rows of "batch" and "quarantine_batch" have an event with an id, found by 32-bit fingerprints.
--
-- "token_ids" has the ingest token of each request whose events are in the batch, or a single one if all have the same;
-- "request_events" how many accepted events each request has. Both are null for batches that a release before this one has
-- stored, whose fingerprints are not taken.
alter table "batch" add column "token_ids" integer[], add column "request_events" integer[];
alter table "quarantine_batch" add column "is_indexed" boolean not null default false;
-- When the first and the last attempt of a delivery were recorded; null if that was before there were these columns.
alter table "delivery" add column "first_recorded_at" timestamptz, add column "last_recorded_at" timestamptz;

-- The fingerprints of one row, four bytes each, in no order, until they are merged into a block.
create table "unmerged_fingerprints" (
  "stored_on" date not null,
  "source" text not null,
  "row_id" bigint not null,
  "stored_at" timestamptz not null default now(),
  "fingerprints" bytea not null,
  constraint "unmerged_fingerprints_source_check" check ("source" in ('batch', 'quarantine'))
) partition by range ("stored_on");
alter table "unmerged_fingerprints" alter column "fingerprints" set storage external;

-- The fingerprints of many rows, sorted: four bytes of the fingerprint, and three of the row's id less "first_row_id".
-- Kept uncompressed, so that a part of them can be read.
create sequence "fingerprint_block_id";
create table "fingerprint_block" (
  "stored_on" date not null,
  "id" bigint not null default nextval('fingerprint_block_id'),
  "source" text not null,
  "version" smallint not null default 1,
  "level" smallint not null,
  "entries" integer not null,
  "first_row_id" bigint not null,
  "last_row_id" bigint not null,
  "content" bytea not null,
  primary key ("stored_on", "id"),
  constraint "fingerprint_block_source_check" check ("source" in ('batch', 'quarantine'))
) partition by range ("stored_on");
alter table "fingerprint_block" alter column "content" set storage external;

-- How far the rows of a day are indexed that a release before this one has stored: rows up to "last_row_id" are. A day can be
-- searched once it is "caught_up_at", and is left alone once it is "finished_at", when it has long passed.
create table "index_backfill" (
  "stored_on" date not null,
  "source" text not null,
  "last_row_id" bigint not null default 0,
  "checked_at" timestamptz,
  "caught_up_at" timestamptz,
  "finished_at" timestamptz,
  primary key ("stored_on", "source"),
  constraint "index_backfill_source_check" check ("source" in ('batch', 'quarantine'))
);
insert into "index_backfill" ("stored_on", "source")
select to_date(right(c.relname, 8), 'YYYYMMDD'), case i.inhparent when 'batch'::regclass then 'batch' else 'quarantine' end
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent in ('batch'::regclass, 'quarantine_batch'::regclass)
  and (exists (select from "batch") or exists (select from "quarantine_batch"));

create or replace function "ensure_partitions"("ahead" integer) returns void language plpgsql set timezone = 'UTC' as $$
declare
  parent text;
  day date;
begin
  perform pg_advisory_xact_lock(7305128);
  for day in select generate_series(current_date - 1, current_date + "ahead", '1 day')::date loop
    foreach parent in array array['batch', 'delivery', 'dead_letter', 'quarantine_batch', 'request', 'segment_change',
      'unmerged_fingerprints', 'fingerprint_block'] loop
      if to_regclass(format('%I', parent || '_' || to_char(day, 'YYYYMMDD'))) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)',
          parent || '_' || to_char(day, 'YYYYMMDD'), parent, day, day + 1);
      end if;
    end loop;
  end loop;
end $$;
select ensure_partitions(3);

do $$
declare
  day text;
  parent text;
begin
  for day in
    select distinct right(c.relname, 8) from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent in ('batch'::regclass, 'quarantine_batch'::regclass)
  loop
    foreach parent in array array['unmerged_fingerprints', 'fingerprint_block'] loop
      if to_regclass(format('%I', parent || '_' || day)) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)',
          parent || '_' || day, parent, to_date(day, 'YYYYMMDD'), to_date(day, 'YYYYMMDD') + 1);
      end if;
    end loop;
  end loop;
end $$;
