-- Admin tokens have a role, may expire, and say when they were last used. Those of before may do everything, as they could;
-- the default serves a process of the former release that still runs.
alter table "admin_token"
  add column "role" text not null default 'admin' constraint "admin_token_role_check" check ("role" in ('viewer', 'operator', 'admin')),
  add column "expires_at" timestamptz,
  add column "last_used_at" timestamptz;
