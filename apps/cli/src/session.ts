import type { Command } from 'commander';
import { readConnection, type ConnectionOptions } from './config.js';
import { exitCodes, type ExitCode } from './failure.js';
import { openHub, type Hub } from './hub/hub.js';
import type { Terminal } from './output/terminal.js';

/** What a program has around it. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  /** Called with the exit code of a command that did not fail. */
  readonly onExit: (code: number) => void;
}

/** What a command that asks the hub works with. */
export interface Session {
  readonly hub: Hub;
  readonly terminal: Terminal;
  /** `--json`. */
  readonly isJson: boolean;
  /** `--yes`. */
  readonly isConfirmed: boolean;
}

interface SharedOptions extends ConnectionOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** The action of a command that asks the hub. `run` receives its arguments, and may return an exit code. */
export function asking<Options extends object = object>(
  { environment, terminal, onExit }: Surroundings,
  run: (session: Session, args: readonly string[], options: Options) => Promise<ExitCode | void>,
): (...given: readonly unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals<Options & SharedOptions>();
    const hub = openHub(readConnection(options, environment));
    const session = { hub, terminal, isJson: options.json === true, isConfirmed: options.yes === true };
    onExit((await run(session, command.args, options)) ?? exitCodes.done);
  };
}
