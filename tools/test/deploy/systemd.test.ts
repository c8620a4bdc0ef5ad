import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const units = join(root, 'deploy/systemd');
const names = readdirSync(units);
/** Where the units expect a release. */
const place = '/opt/currents';

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasSystemd) console.warn('not run (no systemd-analyze on this machine): the check of deploy/systemd');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'currents-systemd-'));
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  writeFileSync(join(folder, 'node_modules/.bin/currents'), '#!/bin/sh\n', { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What systemd says of a unit: nothing if it takes every line. A template is checked as its first instance. */
function verify(name: string, change: (text: string) => string = (text) => text): string {
  const path = join(folder, name.replace('@.', '@1.'));
  writeFileSync(path, change(readFileSync(join(units, name), 'utf8')).replaceAll(place, folder));
  return spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' }).stderr;
}

it.each(names)('%s starts the program of a packed release as an account without rights', (name) => {
  const text = readFileSync(join(units, name), 'utf8');
  const program = name.includes('api') ? 'api' : 'worker';
  expect(text).toContain(`\nExecStart=${place}/node_modules/.bin/currents ${program}\n`);
  expect(text).toMatch(/^DynamicUser=yes$/m);
  expect(text).toMatch(/^CapabilityBoundingSet=$/m);
});

describe.skipIf(!hasSystemd)('systemd', () => {
  it.each(names)('takes every line of %s', (name) => expect(verify(name)).toBe(''));

  it('would complain of a key, a value or a program that does not exist', () => {
    const name = 'currents-api.service';
    expect(verify(name, (text) => text.replace('KillMode=', 'KilMode='))).toContain('Unknown key');
    expect(verify(name, (text) => text.replace('Restart=always', 'Restart=ever'))).toContain('restart specifier');
    expect(verify(name, (text) => text.replace('bin/currents', 'bin/current'))).toContain('not executable');
  });
});
