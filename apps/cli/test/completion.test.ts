import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { completionScript } from '../src/commands/completion.js';
import { createProgram } from '../src/program.js';

const terminal = {
  print: () => undefined,
  printJson: () => undefined,
  note: () => undefined,
  ask: async () => undefined,
  readInput: async () => '',
  isInteractive: false,
};
const script = completionScript(createProgram({ environment: {}, terminal, onExit: () => undefined }));

/** What bash offers after these words, of which the last is not complete. */
function complete(...words: readonly string[]): readonly string[] {
  const quoted = ['currents', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _currents; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
}

it.each([
  [['ov'], ['overview']],
  [
    ['dead-letters', 're'],
    ['replay', 'restore'],
  ],
  [['dead-letters', 'replay', 'cur_1', '--ou'], ['--outcome']],
  [
    ['--json', 'events', ''],
    ['find', 'list', '--url', '--token-file', '--json', '--help'],
  ],
  [
    ['segments', 'sync', 're'],
    ['refused', 'resume', 'resend'],
  ],
  [['segments', 'sync', 'launch', 'ssy_1', '--fo'], ['--follow']],
  [['completion', 'z'], ['zsh']],
  [['list', '--st'], ['--state']],
])('after %j, bash completes %j', (words, expected) => {
  expect(complete(...words)).toEqual(expected);
});
