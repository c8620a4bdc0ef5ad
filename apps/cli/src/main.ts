import { CommanderError } from 'commander';
import { CommandFailure, exitCodes } from './failure.js';
import { openTerminal } from './output/terminal.js';
import { createProgram } from './program.js';

const terminal = openTerminal();
const onExit = (code: number): void => void (process.exitCode = code);

try {
  await createProgram({ environment: process.env, terminal, onExit }).parseAsync();
} catch (error) {
  if (error instanceof CommandFailure) {
    terminal.note(`currents: ${error.message}`);
    onExit(error.exitCode);
  } else if (error instanceof CommanderError) onExit(error.exitCode === 0 ? exitCodes.done : exitCodes.usage);
  else throw error;
}
