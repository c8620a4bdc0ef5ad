-- Cohorts that the hub fetches itself, where a partner cannot push them.

-- A partner's cohorts, as it last listed them to one Current.
create table "partner_cohort" (
  "id" bigint generated always as identity primary key,
  "current_id" integer not null,
  "partner_id" text not null,
  "name" text not null,
  "description" text,
  "size" bigint,
  "partner_created_at" timestamptz,
  "computed_at" timestamptz,
  "listed_at" timestamptz not null default now(),
  unique ("current_id", "partner_id")
);

-- One row per cohort, so no two pulls of it can be under way. While "run_id" is set, one is: it stands at "place", with so
-- many pages and members behind it; "pages" and "members" count those of the step under way, too. "moved_at" is when it
-- last got on. "due_at" is when to look again: the next step, the next pull, or the end of the lease.
create sequence "cohort_pull_run";
create table "cohort_pull" (
  "cohort_id" integer primary key,
  "current_id" integer not null,
  "due_at" timestamptz default now(),
  "run_id" bigint,
  "begun_at" timestamptz,
  "moved_at" timestamptz,
  "fetched_at" timestamptz,
  "place" text,
  "place_pages" integer not null default 0,
  "place_members" bigint not null default 0,
  "pages" integer not null default 0,
  "members" bigint not null default 0,
  "total" bigint,
  "tries" integer not null default 0,
  "lease" bigint,
  "account" bytea,
  "hold_code" text,
  "hold_detail" text,
  "failed_code" text,
  "failed_detail" text,
  "failed_mend" text check ("failed_mend" in ('time', 'person', 'gone')),
  "failed_at" timestamptz,
  "failed_version" integer,
  "last_success_at" timestamptz,
  "created_at" timestamptz not null default now()
);
create index "cohort_pull_due" on "cohort_pull" ("due_at");
create index "cohort_pull_current" on "cohort_pull" ("current_id");

-- What has been asked of a partner with the same credentials: when steps were made and pulls begun, in Unix
-- milliseconds. The credentials are told apart by a fingerprint.
create table "pull_account" (
  "account" bytea primary key,
  "steps" double precision[] not null default '{}',
  "pulls" double precision[] not null default '{}',
  "used_at" timestamptz not null default now()
);
