import { Argument, type Command } from 'commander';
import type { Terminal } from '../output/terminal.js';
import { withExample } from './options.js';

export function addCompletion(program: Command, terminal: Terminal): void {
  withExample(program.command('completion'), 'source <(currents completion bash)', 'source <(currents completion zsh)')
    .summary('print a script that completes commands and options')
    .description('Prints a script for the shell that completes commands and options.')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .action((shell: string) => {
      const script = completionScript(program);
      terminal.print(shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${script}` : script);
    });
}

/** A function of bash that looks up what may follow the words before the cursor. */
export function completionScript(program: Command): string {
  const name = program.name();
  const words = wordsAfter(program);
  const paths = [...words.keys()].filter((path) => path !== '').map((path) => `"${path}"`);
  const cases = [...words].map(([path, next]) => `    "${path}") words="${next.join(' ')}" ;;`);
  return `_${name}() {
  local path="" longer words="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    longer="\${path:+$path }\${COMP_WORDS[index]}"
    case "$longer" in
      ${paths.join('|')}) path="$longer" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _${name} ${name}`;
}

/** Commands and options that may follow each sequence of commands; its arguments may stand between. */
function wordsAfter(program: Command): ReadonlyMap<string, readonly string[]> {
  const shared = program.options.flatMap(({ long }) => long ?? []);
  const all = new Map<string, readonly string[]>();
  const visit = (command: Command, path: readonly string[]): void => {
    const children = command.commands.map((child) => child.name());
    const options = command.options.flatMap(({ long }) => long ?? []);
    const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    all.set(path.join(' '), [...new Set([...children, ...choices, ...options, ...shared, '--help'])]);
    for (const child of command.commands) visit(child, [...path, child.name()]);
  };
  visit(program, []);
  return all;
}
