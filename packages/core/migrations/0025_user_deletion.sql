create table "user_deletion" (
  "id" integer generated always as identity primary key,
  "hashes" text[] not null,
  "sealed" bytea,
  "requested_at" timestamptz not null default clock_timestamp(),
  "finished_at" timestamptz
);
create index "user_deletion_requested_at" on "user_deletion" ("requested_at");
