-- The key of fingerprints, sealed: it stays the same when the master key is rotated. Null: it is the master key's own.
alter table "master_key_check" add column "fingerprint_key" bytea;
