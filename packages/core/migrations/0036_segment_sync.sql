-- Segments that are held at a destination, such as an attribute in Braze. "change_id": changes of the segment up to here
-- are taken up. "walk": all members are looked through, in their order, and "walk_after" is the last one: those that
-- differ from what was sent are sent ("changed"), or all ("all"), or all are taken back ("clear").
-- "change_count" = "delivered_count" + "refused_count" + "returned_count" + the changes in "segment_sync_request".
create table "segment_sync" (
  "id" integer generated always as identity primary key,
  "segment_id" integer not null references "segment" ("id") on delete cascade,
  "destination" text not null,
  "settings" jsonb not null,
  "credentials" bytea,
  "account" text not null,
  "object_name" text not null,
  "state" text not null default 'draft' constraint "segment_sync_state_check" check ("state" in ('draft', 'live', 'paused', 'blocked', 'deleted')),
  "state_since" timestamptz not null default now(),
  "blocked_code" text,
  "blocked_detail" text,
  "probes" integer not null default 0,
  "probe_at" timestamptz,
  "deferral_until" timestamptz,
  "deferral_code" text,
  "deferral_detail" text,
  "failures" integer not null default 0,
  "version" integer not null default 1,
  "change_id" bigint not null default 0,
  "walk" text constraint "segment_sync_walk_check" check ("walk" in ('changed', 'all', 'clear')),
  "walk_after" text collate "C" not null default '',
  "walk_count" bigint not null default 0,
  "walk_total" bigint not null default 0,
  "is_clearing" boolean not null default false,
  "lease" bigint,
  "leased_until" timestamptz,
  "change_count" bigint not null default 0,
  "delivered_count" bigint not null default 0,
  "refused_count" bigint not null default 0,
  "returned_count" bigint not null default 0,
  "request_count" bigint not null default 0,
  "last_delivered_at" timestamptz,
  "synced_at" timestamptz,
  "created_at" timestamptz not null default now()
);
--> statement-breakpoint
create index "segment_sync_of" on "segment_sync" ("segment_id");
--> statement-breakpoint
-- No two syncs write to the same place. Names that differ in capitals only are taken for one by people.
create unique index "segment_sync_object" on "segment_sync" ("destination", lower("account"), lower("object_name")) where "state" <> 'deleted';
--> statement-breakpoint
-- What was last sent of each user, and what came of it. "due_at": look at the user again then.
create table "segment_sync_member" (
  "sync_id" integer not null,
  "member" text collate "C" not null,
  "is_member" boolean not null,
  "state" text not null constraint "segment_sync_member_state_check" check ("state" in ('delivered', 'pending', 'refused')),
  "sent_at" timestamptz not null default now(),
  "due_at" timestamptz,
  "tries" integer not null default 0,
  "code" text,
  "detail" text,
  primary key ("sync_id", "member")
);
--> statement-breakpoint
create index "segment_sync_member_due" on "segment_sync_member" ("sync_id", "due_at") where "due_at" is not null;
--> statement-breakpoint
-- Requests that are about to be made, or under way: after a crash it is not known whether they arrived.
create table "segment_sync_request" (
  "id" bigint primary key,
  "sync_id" integer not null,
  "entered" text[] collate "C" not null,
  "gone" text[] collate "C" not null
);
--> statement-breakpoint
create index "segment_sync_request_of" on "segment_sync_request" ("sync_id");
