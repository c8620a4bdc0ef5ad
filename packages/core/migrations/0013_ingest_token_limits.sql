-- What a token may send in a second. Null is the api's default; 0 is no limit.
alter table "ingest_token"
  add column "events_per_second" integer,
  add column "bytes_per_second" bigint;
drop trigger "ingest_token_changed" on "ingest_token";
create trigger "ingest_token_changed"
  after insert or delete or update of "revoked_at", "events_per_second", "bytes_per_second" on "ingest_token"
  for each statement execute function "tokens_changed"();
