-- Dead letters are grouped by event type, and some of a row can be replayed or discarded. A row holds events of one type and
-- one fate: it is split where they differ. "split_from" is the row that it was split from, whose id the ids of its events
-- keep. "event_type" is null until it has been read from the batch, and empty when it cannot be read.
alter table "dead_letter" add column "event_type" text;
alter table "dead_letter" add column "split_from" bigint;
alter table "dead_letter" add column "discarded_at" timestamptz;
alter table "dead_letter" add column "discard_reason" text;
alter table "dead_letter" add column "discarded_by" integer;
create index "dead_letter_newest" on "dead_letter" ("current_id", coalesce("split_from", "id") desc, "id");
create index "dead_letter_undescribed" on "dead_letter" ("current_id", "id") where "event_type" is null;
create index "dead_letter_discarded" on "dead_letter" ("current_id") where "discarded_at" is not null;
create index "dead_letter_split" on "dead_letter" ("split_from") where "split_from" is not null;
