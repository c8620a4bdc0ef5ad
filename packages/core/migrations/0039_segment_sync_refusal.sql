-- Changes of users that the destination of a segment sync refused, or cannot take. "place" counts the refusals of a sync
-- from 1, so that the newest ones have the places up to "segment_sync"."refused_count", and older ones are deleted by place.
create table "segment_sync_refusal" (
  "sync_id" integer not null,
  "place" bigint not null,
  "member" text collate "C" not null,
  "is_member" boolean not null,
  "code" text not null,
  "detail" text not null,
  "refused_at" timestamptz not null default now(),
  primary key ("sync_id", "place")
);
