-- A known text, sealed with MASTER_KEY on the first start. A process whose key does not open it refuses to start.
create table "master_key_check" (
  "id" boolean primary key default true,
  "sealed" bytea not null,
  constraint "master_key_check_id_check" check ("id")
);
