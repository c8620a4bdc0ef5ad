-- Quarantined events are stored like batches: a row holds some events of one request, compressed. "positions" has four
-- bytes for each event, its place in the request; "code_indexes" one byte, the index of its code in "codes"; "states" one
-- byte, null while none was released or purged. "content" is null when the events are kept without their bodies.
create sequence "quarantine_batch_id";
create table "quarantine_batch" (
  "stored_on" date not null,
  "id" bigint not null default nextval('quarantine_batch_id'),
  "stored_at" timestamptz not null default now(),
  "token_id" integer not null,
  "events" integer not null,
  "positions" bytea not null,
  "codes" text[] not null,
  "code_indexes" bytea not null,
  "event_counts" integer[] not null,
  "released_counts" integer[] not null,
  "purged_counts" integer[] not null,
  "states" bytea,
  "releases" timestamptz[],
  "content" bytea,
  primary key ("stored_on", "id")
) partition by range ("stored_on");

-- The bytes of bodies in the quarantine, by the token that sent them. Each writer counts in a shard of its own.
create table "quarantine_usage" (
  "stored_on" date not null,
  "token_id" integer not null,
  "shard" smallint not null,
  "bytes" bigint not null,
  primary key ("stored_on", "token_id", "shard")
) with (fillfactor = 50);

-- How many events of a request were quarantined: "refused" lists only the first of them.
alter table "request" add column "quarantined" integer;

create or replace function "ensure_partitions"("ahead" integer) returns void language plpgsql set timezone = 'UTC' as $$
declare
  parent text;
  day date;
begin
  perform pg_advisory_xact_lock(7305128);
  for day in select generate_series(current_date - 1, current_date + "ahead", '1 day')::date loop
    foreach parent in array array['batch', 'delivery', 'dead_letter', 'quarantine_batch', 'request', 'segment_change'] loop
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
  day date;
begin
  for day in
    select to_date(right(c.relname, 8), 'YYYYMMDD') from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'quarantine'::regclass
  loop
    if to_regclass(format('%I', 'quarantine_batch_' || to_char(day, 'YYYYMMDD'))) is null then
      execute format('create table %I partition of quarantine_batch for values from (%L) to (%L)',
        'quarantine_batch_' || to_char(day, 'YYYYMMDD'), day, day + 1);
    end if;
  end loop;
end $$;

-- The former rows, one for each event, in groups of about a megabyte. Their content is JSON that is not compressed.
insert into "quarantine_batch"
  ("stored_on", "stored_at", "token_id", "events", "positions", "codes", "code_indexes", "event_counts", "released_counts",
  "purged_counts", "states", "releases", "content")
select stored_on, stored_at, token_id, count(*), string_agg(int4send(position), ''::bytea order by id), array[code],
  decode(repeat('00', count(*)::int), 'hex'), array[count(*)::int], array[count(released_at)::int], array[0],
  case when released_at is not null then decode(repeat('10', count(*)::int), 'hex') end,
  case when released_at is not null then array[released_at] end,
  convert_to(json_agg(json_build_array(detail, body) order by id)::text, 'UTF8')
from (
  select *, sum(octet_length(detail) + octet_length(body) + 100)
    over (partition by stored_on, stored_at, token_id, code, released_at order by id) / 1000000 as part
  from "quarantine"
) former
group by stored_on, stored_at, token_id, code, released_at, part
order by stored_on, min(id);
insert into "quarantine_usage" ("stored_on", "token_id", "shard", "bytes")
select stored_on, token_id, 0, sum(octet_length(content)) from "quarantine_batch" group by stored_on, token_id;

-- The release before this one may still run, and store one row for each event.
drop table "quarantine";
drop sequence "quarantine_id";
create view "quarantine" as
select stored_on, id, stored_at, token_id, 0 as position, '' as code, '' as detail, '' as body, null::timestamptz as released_at
from "quarantine_batch" where false;
create function "quarantine_one"() returns trigger language plpgsql as $$
begin
  insert into "quarantine_batch"
    ("stored_on", "token_id", "events", "positions", "codes", "code_indexes", "event_counts", "released_counts", "purged_counts", "content")
  values (new.stored_on, new.token_id, 1, int4send(new.position), array[new.code], '\x00', '{1}', '{0}', '{0}',
    convert_to(json_build_array(json_build_array(new.detail, new.body))::text, 'UTF8'));
  return new;
end $$;
create trigger "quarantine_one" instead of insert on "quarantine" for each row execute function "quarantine_one"();
