import { readMigrationFiles, type MigrationMeta } from 'drizzle-orm/migrator';
import { migrationsFolder } from './migrationsFolder.js';

/** The migrations of this release, in their order. */
export function knownMigrations(): readonly MigrationMeta[] {
  return readMigrationFiles({ migrationsFolder });
}

/** The table in which drizzle lists the applied migrations, as it makes it. */
export const migrationTable =
  'create table "public"."migration" (id serial primary key, hash text not null, created_at bigint)';
