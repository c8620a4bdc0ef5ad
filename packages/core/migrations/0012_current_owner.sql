-- The worker that delivers a Current, one at a time, so that it can keep the events of each user in order. It ends with
-- the row of the worker, which others delete when it dies.
create table "current_owner" (
  "current_id" integer primary key,
  "worker_id" integer not null references "worker_lease" ("id") on delete cascade
);
