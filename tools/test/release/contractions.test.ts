import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findContractions } from '../../src/release/contractions.js';
import { installRelease } from '../../src/release/installRelease.js';
import { lastKeptVersion } from '../../src/release/keptReleases.js';

const folder = join(import.meta.dirname, '../../../packages/core/migrations');
const last = lastKeptVersion();
const releasedFolder = join((await installRelease(last)).folderOf('core'), 'migrations');
const namesIn = (path: string): readonly string[] =>
  readdirSync(path)
    .filter((name) => name.endsWith('.sql'))
    .sort();
const released = namesIn(releasedFolder);
const read = (name: string, path = folder): string => readFileSync(join(path, name), 'utf8');

describe('12. compatible storage: migrations expand first, and contract in the next release', () => {
  it('nothing in a migration that is released has changed', () => {
    expect(released.length).toBeGreaterThan(30);
    for (const name of released) expect(read(name), name).toBe(read(name, releasedFolder));
    expect(namesIn(folder).slice(0, released.length)).toEqual(released);
  });

  it('no later migration takes away what the last release uses', () => {
    const later = namesIn(folder).slice(released.length);
    expect(later.flatMap((name) => findContractions(read(name), last).map((found) => `${name}: ${found}`))).toEqual([]);
  });

  it('finds what earlier releases took away at once', () => {
    expect(findContractions(read('0006_names.sql'), last).length).toBeGreaterThan(20);
  });

  it.each([
    'alter table "batch" drop column "content";',
    'drop table if exists batch;',
    'DROP INDEX "a";',
    'alter table job rename to task;',
    'alter table job rename column a to b;',
    'alter table job add column a integer, add column b text not null;',
    'alter table job alter column a type bigint;',
    'alter table job alter a set data type bigint;',
    'alter table job alter column a set not null;',
    'alter table job add constraint a_is_small check (a < 10);',
    'alter table job drop constraint a_is_small;',
    'create unique index a_once on job (a);',
    'truncate job;',
    '-- safe beside 0.0.1: that was another release\ndrop table job;',
    `-- safe beside ${last}:\ndrop table job;`,
    'select 1; /* a comment; */ drop table job;',
  ])('refuses %j', (migration) => {
    expect(findContractions(migration, last)).toHaveLength(1);
  });

  it.each([
    'alter table job add column a integer not null default 0, add column b text;',
    'alter table job add column id bigint not null generated always as identity;',
    'alter table job alter column a drop not null, alter column b drop default;',
    'create table task (id integer not null unique, a text not null); create unique index t on task (a);',
    'create index concurrently a on job (a);',
    "insert into job (a) values ('drop table job; rename');",
    'create or replace function f() returns trigger language plpgsql as $$ begin drop table x; end $$;',
    `-- safe beside ${last}: it no longer reads this column\nalter table job drop column a;`,
    '-- drop table job;\nselect 1;',
  ])('allows %j', (migration) => {
    expect(findContractions(migration, last)).toEqual([]);
  });
});
