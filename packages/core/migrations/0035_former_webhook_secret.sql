-- The secret of a webhook before the present one, sealed, and until when it signs requests beside it.
alter table "segment_webhook" add column "former_secret" bytea, add column "former_until" timestamp with time zone;
--> statement-breakpoint
alter table "notice_webhook" add column "former_secret" bytea, add column "former_until" timestamp with time zone;
