-- What workers noticed about a Current that keeps working, counted by code.
create table "current_warning" (
  "current_id" integer not null references "current" ("id") on delete cascade,
  "code" text not null,
  "detail" text not null,
  "events" bigint not null,
  "first_at" timestamptz not null default now(),
  "last_at" timestamptz not null default now(),
  primary key ("current_id", "code")
);
