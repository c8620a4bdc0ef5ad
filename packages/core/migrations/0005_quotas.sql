-- What the busiest keys of a Current have used of their quotas, hour by hour. It only warns, so it may be lost in a crash.
create unlogged table "quota_use" (
  "current_id" integer not null,
  "budget" text not null,
  "key" text not null,
  "hour" timestamptz not null,
  "used" float8 not null,
  "allow" float8 not null,
  "counts_until" timestamptz not null,
  primary key ("current_id", "budget", "key", "hour")
);
