import type { Command } from 'commander';
import { runProgram } from '../programs/runProgram.js';
import { withExample } from './options.js';

const descriptions = {
  api: 'Runs the api until SIGTERM or SIGINT.',
  worker: 'Runs a worker until SIGTERM or SIGINT.',
  migrate: 'Brings the database up to date, which api and worker also do when they start.',
} as const;

/** @param onExit called with the exit code of the program. */
export function addPrograms(program: Command, onExit: (code: number) => void): void {
  for (const [name, description] of Object.entries(descriptions) as [keyof typeof descriptions, string][])
    withExample(program.command(name), `DATABASE_URL=postgres://… MASTER_KEY=… currents ${name}`)
      .summary(`${description[0]?.toLowerCase()}${description.slice(1, -1)}`)
      .description(`${description} Its settings are the variables of .env.example; its exit code is passed on.`)
      .action(async () => onExit(await runProgram(name)));
}
