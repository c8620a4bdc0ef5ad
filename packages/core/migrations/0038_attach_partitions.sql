-- Makes partitions beside their parents and attaches them. That waits only for other changes of the schema: to create a
-- table as a partition waits for everything that reads the parent, such as a backup, and makes all that comes later wait.
create or replace function "ensure_partitions"("ahead" integer) returns void language plpgsql set timezone = 'UTC' as $$
declare
  parent text;
  part text;
  day date;
begin
  perform pg_advisory_xact_lock(7305128);
  for day in select generate_series(current_date - 1, current_date + "ahead", '1 day')::date loop
    foreach parent in array array['batch', 'delivery', 'dead_letter', 'quarantine_batch', 'request', 'segment_change',
      'unmerged_fingerprints', 'fingerprint_block'] loop
      part := parent || '_' || to_char(day, 'YYYYMMDD');
      if to_regclass(format('%I', part)) is null then
        execute format(
          'create table %I (like %I including defaults including constraints including storage including compression)',
          part, parent);
        execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, part, day, day + 1);
      end if;
    end loop;
  end loop;
end $$;
