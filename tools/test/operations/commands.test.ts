import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeFlags } from '@currents/cli';
import { runNode } from './programs.js';

const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const run = 'tools/run.mjs';
const own = Object.entries(scripts).filter(([, command]) => command.includes(run));
const programFlags: Readonly<Record<string, readonly string[]>> = {
  'start:api': nodeFlags,
  'start:worker': nodeFlags,
};

describe('npm run', () => {
  it('runs every script of package.json that calls it by the name of the script', () => {
    // `exec`: a shell between npm and the program would not pass on signals.
    expect(own).toEqual(own.map(([name]) => [name, ['exec node', ...(programFlags[name] ?? []), run, name].join(' ')]));
    expect(own.map(([name]) => name)).toEqual(
      expect.arrayContaining(['demo', 'start', 'start:api', 'start:worker', 'bench', 'test']),
    );
  });

  it.each(own)(
    '%s -- --help prints the purpose and does nothing',
    async (name) => {
      const { exitCode, output } = await runNode([run, name, '--help']);
      expect(exitCode).toBe(0);
      expect(output).toMatch(/^(npm |[A-Z]).+\n(.*\n)+$/);
      expect(output).not.toMatch(/^ +at |rror:/m);
    },
    60_000,
  );

  it('lists all commands when none is given', async () => {
    const { exitCode, output } = await runNode([run, '--help']);
    expect(exitCode).toBe(0);
    for (const [name] of own) expect(output).toMatch(new RegExp(`^ {2}npm run ${name} +\\S`, 'm'));
  });

  it.each([
    [['nonsense'], 'unknown command "nonsense"'],
    [['test', '--fast'], 'test takes no options; got --fast'],
    [['demo', '--events', 'many'], '--events: expected a whole number from 1 to 1000000, got "many"'],
  ])(
    'refuses %j with a message',
    async (words, sentence) => {
      const { exitCode, output } = await runNode([run, ...words]);
      expect(exitCode).not.toBe(0);
      expect(output).toContain(sentence);
    },
    60_000,
  );
});
