import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const core = new URL('../dist/index.js', import.meta.url).href;

/** The output of a process that runs this line of code; the log writes to the file descriptor of standard output. */
function printedBy(line: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [
    '--input-type=module',
    '-e',
    `import { createLog } from '${core}'; const log = createLog('api', 'trace'); ${line}`,
  ]);
  expect(stderr.toString()).toBe('');
  return stdout.toString();
}

describe('the log', () => {
  it('redacts secrets by their field names, up to two levels deep', () => {
    const names = [
      'authorization',
      'credentials',
      'token',
      'secret',
      'password',
      'apiKey',
      'masterKey',
      'client_secret',
      'partner_api_key',
    ];
    const secrets = JSON.stringify(Object.fromEntries(names.map((name) => [name, 'CANARY'])));
    const said = printedBy(
      `log.info({ event: 'e', ...${secrets}, one: ${secrets}, headers: { two: ${secrets} } }, 'hello');`,
    );
    expect(JSON.parse(said)).toMatchObject({
      name: 'api',
      event: 'e',
      msg: 'hello',
      token: '[redacted]',
      one: { password: '[redacted]' },
      headers: { two: { authorization: '[redacted]' } },
    });
    expect(said).not.toContain('CANARY');
  });

  it('writes the type, code, message and causes of an error, but no fields that drivers add', () => {
    const said = printedBy(
      `log.error({ err: Object.assign(new TypeError('failed', { cause: Object.assign(new Error('below'), { parameters: ['CANARY'] }) }), { code: 'XX000', query: 'CANARY' }) });`,
    );
    expect(JSON.parse(said)).toMatchObject({
      err: { type: 'TypeError', code: 'XX000', message: 'failed', cause: { type: 'Error', message: 'below' } },
    });
    expect(said).not.toContain('CANARY');
  });

  it('writes no parameters of a failed statement, which the ORM puts into its message and stack', () => {
    const drizzle = import.meta.resolve('drizzle-orm');
    const said = printedBy(
      `const { DrizzleQueryError } = await import('${drizzle}');
      const failed = new DrizzleQueryError('select $1', ['CANARY', Buffer.from('CANARY')], new Error('connection lost'));
      log.warn({ event: 'e', err: failed }); log.warn(failed); log.warn({ err: new Error('outer', { cause: failed }) });`,
    );
    const lines = said.trim().split('\n');
    const below = { message: 'Failed query: select $1', cause: { message: 'connection lost' } };
    expect(lines.map((line) => JSON.parse(line).err)).toMatchObject([below, below, { message: 'outer', cause: below }]);
    expect(said).not.toContain('CANARY');
  });

  it('writes nothing of a thrown value that is not an error', () => {
    const said = printedBy(`log.error({ err: 'CANARY' }); log.error({ err: { token: 'CANARY', other: 'CANARY' } });`);
    expect(
      said
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).err),
    ).toEqual([{ type: 'string' }, { type: 'object' }]);
  });
});

describe('a program that ends by an unexpected error', () => {
  it.each([
    ['while it starts', 'throw failed;'],
    ['while it runs', 'setTimeout(() => { throw failed; }, 1); await new Promise(() => setInterval(() => {}, 1_000));'],
    ['that nothing handles', 'void Promise.reject(failed); await new Promise(() => setInterval(() => {}, 1_000));'],
  ])('prints its stack and no parameters of a statement: %s', (_when, line) => {
    const drizzle = import.meta.resolve('drizzle-orm');
    const program = `import { runProgram } from '${core}'; import { DrizzleQueryError } from '${drizzle}';
      const below = Object.assign(new Error('below'), { parameters: ['CANARY'], query: 'CANARY' });
      const failed = new DrizzleQueryError('select $1', ['CANARY'], below);
      await runProgram('api', async () => { ${line} });`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      env: { PATH: process.env['PATH'] },
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^api: Error: Failed query: select \$1\n +at [^]*\ncaused by Error: below\n +at /);
    expect(stderr).not.toContain('CANARY');
    expect(status).toBe(1);
  });
});
