-- What each worker runs: the console shows it. Null of workers whose release does not tell it.
alter table "worker_lease" add column "version" text, add column "settings" jsonb;
