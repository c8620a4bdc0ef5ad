-- Since when every request of a segment sync has failed. Looked at only where "failures" is not 0: an earlier release that
-- runs beside this one sets that back, and knows nothing of this.
alter table "segment_sync" add column "failing_since" timestamptz;
