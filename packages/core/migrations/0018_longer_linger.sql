-- New Currents gather events for longer by default; a linger time that is stored stays as it is.
alter table "current" alter column "linger_ms" set default 250;
