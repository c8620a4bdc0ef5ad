-- The spans of the sampled requests whose events are in the batch, so that an attempt can be linked to them: 24 bytes each.
-- Null unless traces are switched on, and then for most deliveries.
alter table "delivery" add column "trace_spans" bytea;
