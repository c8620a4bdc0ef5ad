-- A job walks through the dead letters of a Current by batch: without this, each of its steps would read all of them.
create index "dead_letter_of_batch" on "dead_letter" ("current_id", "batch_id");
