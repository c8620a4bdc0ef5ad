-- A cohort is checked by a job, because millions of members take long.
alter table "job" drop constraint "job_operation_check";
alter table "job" add constraint "job_operation_check" check ("operation" in (
  'release_quarantined_events', 'purge_quarantined_events', 'replay_dead_letters', 'check_ledger', 'check_cohort'));
