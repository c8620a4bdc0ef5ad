-- The longest time in milliseconds for which the due events of a Current gather before a request.
alter table "current" add column "linger_ms" integer not null default 150;
