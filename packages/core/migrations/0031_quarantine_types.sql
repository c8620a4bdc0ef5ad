-- Quarantined events are listed, counted, released and purged by event type. A row counts its events by kind: "codes" may
-- hold a code several times, once for each of its types in "event_types". Rows of earlier releases have none.
alter table "quarantine_batch" add column "event_types" text[];
