-- Dead letters that were replayed are few: how many are left is the tally's count without these.
create index "dead_letter_replayed" on "dead_letter" ("current_id") where "replayed_at" is not null;
