-- Events are replayed by a job, after live ones. What it has pending is bounded.
alter table "delivery" add column "replay_id" integer;
create index "delivery_replay" on "delivery" ("current_id", "due_at") where "replay_id" is not null and "pending" > 0;
-- The deliveries of a batch: they are stored with it, so a summary of ids for each 32 pages finds them.
create index "delivery_batch" on "delivery" using brin ("batch_id") with (pages_per_range = 32);
create index "dead_letter_batch" on "dead_letter" using brin ("batch_id") with (pages_per_range = 32);
