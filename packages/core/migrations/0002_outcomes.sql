-- The outcomes of a batch are nearly always alike, and pack to some dozen bytes. Kept as they are, those of a large
-- batch would go to a table of their own at every attempt.
alter table "delivery" alter column "outcomes" set storage extended;
