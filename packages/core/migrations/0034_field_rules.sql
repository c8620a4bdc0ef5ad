-- What is taken out of events, hashed or added before they are mapped for a Current; null where there are no rules. A worker
-- of a former release knows nothing of them: set rules once all workers run this release.
alter table "current" add column "field_rules" jsonb;
