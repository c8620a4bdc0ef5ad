-- What admins did, kept for ever: some hundred bytes each, and admins do little.
create table "admin_deed" (
  "id" bigint generated always as identity primary key,
  "at" timestamptz not null default clock_timestamp(),
  "admin_token_id" integer not null,
  "deed" text not null,
  "subject_id" text,
  "given" jsonb,
  "result" text not null,
  "done" boolean not null
);
create index "admin_deed_of" on "admin_deed" ("deed", "id" desc);
