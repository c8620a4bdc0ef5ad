import { InvalidArgumentError, Option, type Command } from 'commander';
import { exitCodes } from '../failure.js';
import { readSpanFromNow } from '../output/time.js';
import { runHub } from '../programs/runHub.js';
import type { Surroundings } from '../session.js';
import { withExample } from './options.js';

/** What an operator needs on a machine of the hub, with its variables. */
export function addOperator(program: Command, { environment, terminal, onExit }: Surroundings): void {
  withExample(program.command('start'), 'DATABASE_URL=postgres://… MASTER_KEY=… currents start --workers 2')
    .summary('run an api and workers together until SIGTERM or SIGINT')
    .description(
      'Runs an api and workers together until SIGTERM or SIGINT: then all of them finish what is under way. When one ends by itself, so do the others, and the exit code is not 0. Their settings are the variables of .env.example.',
    )
    .addOption(new Option('--workers <count>', 'how many workers to run').argParser(readCount).default(1))
    .action(async ({ workers }: { readonly workers: number }) => onExit(await runHub(terminal, environment, workers)));

  withExample(program.command('doctor'), 'DATABASE_URL=postgres://… MASTER_KEY=… currents doctor')
    .summary('check a configuration, and what runs with it')
    .description(
      'Checks a configuration, and what runs with it, without changing anything: Node, the variables, the database, Redis, the SMTP server, the master key, the clocks, the disk, the destinations, the ports, the api and the workers. Prints a line for each, with what to do where it is not ok, and exits with 1 if any is not.',
    )
    .action(async (_options, command: Command) => {
      const { runDoctor } = await import('../operator/doctor.js');
      const isJson = command.optsWithGlobals<{ json?: boolean }>().json === true;
      const wrong = await runDoctor(environment, { isJson, print: terminal.print });
      onExit(wrong === 0 ? exitCodes.done : exitCodes.negative);
    });

  withExample(
    program.command('admin-token <name>'),
    'DATABASE_URL=postgres://… currents admin-token ana',
    'DATABASE_URL=postgres://… currents admin-token --role viewer --expires 90d grafana',
  )
    .summary('make an admin token directly in the database')
    .description(
      'Makes an admin token directly in the database, also when all others are lost, and prints it and nothing else on standard output. It is shown only this once.',
    )
    .addOption(
      new Option('--role <role>', 'what the token may do').choices(['viewer', 'operator', 'admin']).default('admin'),
    )
    .option('--expires <span>', 'after which it is no longer valid, such as 12h or 90d', readSpanFromNow)
    .action(
      async (
        name: string,
        { role, expires }: { readonly role: 'viewer' | 'operator' | 'admin'; readonly expires?: string },
      ) => {
        const { makeAdminToken } = await import('../operator/adminToken.js');
        terminal.print(await makeAdminToken(environment, { name, role, expiresAt: expires }));
        onExit(exitCodes.done);
      },
    );
}

function readCount(text: string): number {
  if (!/^([1-9]|[1-5]\d|6[0-4])$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1 to 64.');
  return Number(text);
}
