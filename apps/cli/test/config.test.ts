import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConnection } from '../src/config.js';
import { CommandFailure } from '../src/failure.js';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'currents-cli-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const failureOf = (run: () => unknown): CommandFailure => {
  try {
    run();
  } catch (error) {
    if (error instanceof CommandFailure) return error;
    throw error;
  }
  throw new Error('expected a CommandFailure, got none');
};

describe('the connection', () => {
  it('is read from the variables, with the address of npm start by default', () => {
    expect(readConnection({}, { CURRENTS_TOKEN: ' abc\n' })).toEqual({ url: 'http://127.0.0.1:4000', token: 'abc' });
    expect(readConnection({}, { CURRENTS_TOKEN: 'abc', CURRENTS_URL: 'https://hub.example.com/' }).url).toBe(
      'https://hub.example.com',
    );
  });

  it('is read from options before the variables', () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'from-file\n');
    const environment = { CURRENTS_TOKEN: 'abc', CURRENTS_URL: 'https://hub.example.com' };
    expect(readConnection({ url: 'http://other:1/hub/', tokenFile: file }, environment)).toEqual({
      url: 'http://other:1/hub',
      token: 'from-file',
    });
  });

  it.each([
    [{}, {}, 'CURRENTS_TOKEN'],
    [{}, { CURRENTS_TOKEN: 'CANARY "quoted"' }, 'characters that no token has'],
    [{ url: 'ftp://CANARY' }, { CURRENTS_TOKEN: 'x' }, '--url or CURRENTS_URL'],
    [{ url: 'http://user:CANARY@host' }, { CURRENTS_TOKEN: 'x' }, 'without a user and a password'],
    [{ tokenFile: '/nowhere/token' }, {}, '/nowhere/token (ENOENT)'],
  ])('%j with %j is refused as %s, and no secret is repeated', (options, environment, words) => {
    const { message, exitCode } = failureOf(() => readConnection(options, environment));
    expect(exitCode).toBe(2);
    expect(message).toContain(words);
    expect(message).not.toContain('CANARY');
  });
});
