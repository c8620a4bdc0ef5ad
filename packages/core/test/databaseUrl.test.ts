import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseUrlInvalid, parseDatabaseUrl } from '../src/db/databaseUrl.js';

let folder: string;
let root: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'currents-url-'));
  root = join(folder, 'root.crt');
  writeFileSync(root, 'PEM');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a database URL', () => {
  it.each([
    [
      'postgres://hub@db/hub',
      { host: 'db', port: 5432, user: 'hub', password: undefined, database: 'hub', sslMode: 'prefer' },
    ],
    ['postgresql://hub:secret@10.0.0.1:6543/currents', { host: '10.0.0.1', port: 6543, database: 'currents' }],
    ['postgres://hub:p%40ss%2Fw%3Ard%25@db/a%20b', { user: 'hub', password: 'p@ss/w:rd%', database: 'a b' }],
    ['postgres://hub:with@sign#and:colon@db:1/x', { password: 'with@sign#and:colon', host: 'db', port: 1 }],
    ['postgres://hub@[::1]:5433/hub', { host: '::1', port: 5433 }],
    ['postgres://hub@[2001:db8::7]/hub', { host: '2001:db8::7', port: 5432 }],
    ['postgres://hub@%2Fvar%2Frun%2Fpostgresql/hub', { host: '/var/run/postgresql' }],
    [
      'postgres:///hub?host=/tmp&port=5433&user=a&password=b%26c',
      { host: '/tmp', port: 5433, user: 'a', password: 'b&c' },
    ],
    ['postgres://', { host: 'localhost', port: 5432, user: userInfo().username, database: userInfo().username }],
    ['postgres://hub@db/?dbname=other', { database: 'other' }],
    ['postgres://hub@db', { database: 'hub' }],
    ['postgres://hub@db/x?connect_timeout=1', { connectTimeoutMs: 2_000 }],
    ['postgres://hub@db/x?options=endpoint%3Dep-cool', { options: 'endpoint=ep-cool' }],
    ['postgres://hub@db/x?sslmode=disable', { sslMode: 'disable' }],
    ['postgres://hub@db/x?sslmode=allow', { sslMode: 'allow' }],
    ['postgres://hub@db/x?ssl=true', { sslMode: 'require' }],
    ['postgres://hub@db/x?sslmode=no-verify', { sslMode: 'require' }],
    ['postgres://hub@db/x?sslmode=require', { sslMode: 'require', rootCertificates: undefined }],
    ['postgres://hub@db/x?sslmode=require&sslrootcert=ROOT', { sslMode: 'verify-ca', rootCertificates: 'PEM' }],
    ['postgres://hub@db/x?sslmode=no-verify&sslrootcert=ROOT', { sslMode: 'require' }],
    ['postgres://hub@db/x?sslmode=verify-full', { sslMode: 'verify-full', rootCertificates: undefined }],
    ['postgres://hub@db/x?sslrootcert=system', { sslMode: 'verify-full', rootCertificates: undefined }],
    ['postgres://hub@db/x?sslmode=require&channel_binding=require', { sslMode: 'require' }],
    ['postgres://hub@db/x?sslmode=require&sslnegotiation=direct', { isDirectTls: true }],
    ['postgres://hub@db/x?schema=public&connection_limit=5&pgbouncer=true&pool_timeout=2', { database: 'x' }],
    ['postgres://hub@db/x?application_name=mine&target_session_attrs=read-write', { database: 'x' }],
  ])('%s is read as libpq reads it', (url, expected) => {
    expect(parseDatabaseUrl(url.replace('ROOT', encodeURIComponent(root)))).toMatchObject(expected);
  });

  it.each([
    ['mysql://CANARY@db/x', 'expected a URL that begins with postgres://'],
    ['postgres://hub@db/x?frobnicate=CANARY', 'expected parameters that the hub knows, got "frobnicate"; remove it'],
    ['postgres://hub@db/x?sslmode=CANARY', 'expected sslmode to be one of disable, allow, '],
    ['postgres://hub@db/x?sslmode=verify-ca', 'expected sslrootcert with sslmode=verify-ca'],
    [
      'postgres://hub@db/x?sslmode=verify-ca&sslrootcert=system',
      'expected sslmode=verify-full with sslrootcert=system',
    ],
    [
      'postgres://hub@db/x?sslrootcert=/CANARY/root.crt',
      'expected sslrootcert to name a file that can be read (ENOENT)',
    ],
    ['postgres://hub@db/x?sslcert=ROOT', 'expected sslcert and sslkey together'],
    ['postgres://hub@db/x?sslnegotiation=direct', 'expected sslmode=require or stronger with sslnegotiation=direct'],
    ['postgres://hub@db/x?ssl=CANARY', 'expected ssl to be true or false'],
    ['postgres://hub@db/x?connect_timeout=CANARY', 'expected connect_timeout to be a whole number'],
    ['postgres://hub@db/x?client_encoding=LATIN1', 'expected client_encoding to be UTF8'],
    ['postgres://hub@one,two/x', 'expected one host, got several'],
    ['postgres://hub:CANARY%zz@db/x', 'expected special characters percent-encoded'],
    ['postgres://hub:CAN/ARY@db/x', 'expected user:password@host:port/database'],
    ['postgres://hub:CAN?ARY@db/x', 'expected parameters of the form name=value'],
    ['postgres://hub:1?CANARY@db/x', 'expected parameters of the form name=value'],
    ['postgres://hub@db:70000/x', 'expected user:password@host:port/database'],
    ['postgres://hub@db:CANARY/x', 'expected user:password@host:port/database'],
  ])('%s is refused, without its values', (url, message) => {
    const read = () => parseDatabaseUrl(url.replace('ROOT', encodeURIComponent(root)));
    expect(read).toThrow(DatabaseUrlInvalid);
    expect(read).toThrow(message);
    expect(read).not.toThrow(/CANARY/);
  });
});
