-- Other credentials of a Current beside those that it uses: staged new ones, or former ones that it goes back to when the
-- new ones are refused. A worker of a former release knows nothing of them, and goes on with those in "current".
create table "credential_rotation" (
  "current_id" integer primary key references "current" ("id") on delete cascade,
  "state" text not null check ("state" in ('staged', 'probation')),
  "credentials" bytea not null,
  "staged_at" timestamptz not null default now(),
  "test_outcome" text check ("test_outcome" in ('passed', 'refused', 'unreachable')),
  "test_code" text,
  "test_detail" text,
  "tested_at" timestamptz,
  "promoted_at" timestamptz,
  "probation_ends_at" timestamptz,
  "first_delivered_at" timestamptz,
  check (("state" = 'probation') = ("probation_ends_at" is not null))
);
