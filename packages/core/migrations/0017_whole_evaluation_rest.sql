-- When a segment is evaluated as a whole again at the earliest. Changes of few members do not wait for it.
alter table "segment" add column "whole_evaluation_after" timestamptz;
