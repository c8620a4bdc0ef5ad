-- Browsers that are signed in to the console. The cookie holds the secret; only its hash is stored.
create table "console_session" (
  "id" integer generated always as identity primary key,
  "hash" bytea not null unique,
  "admin_token_id" integer not null references "admin_token" ("id") on delete cascade,
  "created_at" timestamptz not null default now(),
  "last_used_at" timestamptz not null default now(),
  "expires_at" timestamptz not null
);
create index "console_session_of" on "console_session" ("admin_token_id", "id");
create trigger "console_session_changed" after insert or delete on "console_session"
  for each statement execute function "tokens_changed"();
