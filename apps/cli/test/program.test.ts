import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../src/program.js';

const terminal = {
  print: () => undefined,
  printJson: () => undefined,
  note: () => undefined,
  ask: async () => undefined,
  readInput: async () => '',
  isInteractive: false,
};
const program = createProgram({ environment: {}, terminal, onExit: () => undefined });

const leaves = (command: Command, path: string): readonly (readonly [string, Command])[] =>
  command.commands.length === 0
    ? [[path, command]]
    : command.commands.flatMap((child) => leaves(child, `${path} ${child.name()}`));

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (more) => void (text += more) }).outputHelp();
  return text;
}

describe.each(leaves(program, 'currents'))('%s --help', (path, command) => {
  const help = helpOf(command);

  it('says what the command does, and shows an example of it', () => {
    expect(help).toMatch(new RegExp(`^Usage: ${path} `));
    expect(help.split('\n')[2]).toMatch(/^[A-Z].+/);
    expect(help.slice(help.indexOf('\nExample:\n'))).toContain(path);
  });

  it('offers no option for a token or for credentials themselves', () => {
    expect(help).not.toMatch(/--(token\b(?!-file| <token-id>)|credentials\b(?!-file))/);
  });
});

it('commands that change something can be confirmed by --yes, and only those', () => {
  const confirmed = leaves(program, '').filter(([, { options }]) => options.some(({ long }) => long === '--yes'));
  expect(confirmed.map(([path]) => path.trim()).sort()).toEqual([
    'config apply',
    'dead-letters discard',
    'dead-letters replay',
    'dead-letters restore',
    ...['cancel', 'pause', 'resume'].map((verb) => `jobs ${verb}`),
    'launch',
    'pause',
    'quarantine purge',
    'quarantine release',
    'replay',
    'resume',
    ...['create', 'delete', 'launch', 'pause', 'resend', 'resume', 'update'].map((verb) => `segments sync ${verb}`),
    'tokens create',
    'tokens revoke',
  ]);
});
