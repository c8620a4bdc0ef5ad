import { Command } from 'commander';
import { addBackup } from './commands/backup.js';
import { addCompletion } from './commands/completion.js';
import { addConfig } from './commands/config.js';
import { addCurrents } from './commands/currents.js';
import { addDeadLetters } from './commands/deadLetters.js';
import { addEvents } from './commands/events.js';
import { addJobs } from './commands/jobs.js';
import { addLaunch } from './commands/launch.js';
import { addOperator } from './commands/operator.js';
import { addOverview } from './commands/overview.js';
import { addPrograms } from './commands/programs.js';
import { addQuarantine } from './commands/quarantine.js';
import { addReplay } from './commands/replay.js';
import { addSegments } from './commands/segments.js';
import { addTail } from './commands/tail.js';
import { addTokens } from './commands/tokens.js';
import type { Surroundings } from './session.js';

const exitCodesHelp = `
Exit codes:
  0    done
  1    overview: something is critical; otherwise the hub refused, a job failed, or nothing was confirmed
  2    the command line or the environment is not usable
  3    the hub does not answer, or does not accept the token
  130  left with Ctrl-C`;

/** The whole command line. It throws `CommanderError` where commander would end the process. */
export function createProgram(surroundings: Surroundings): Command {
  const program = new Command('currents')
    .description('The command line of a Currents hub. It asks the hub over its GraphQL API.')
    .option('--url <address>', 'address of the hub (CURRENTS_URL, or http://127.0.0.1:4000)')
    .option('--token-file <file>', 'file with an admin token (instead of the variable CURRENTS_TOKEN)')
    .option('--json', 'print JSON')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', exitCodesHelp)
    .showHelpAfterError('(--help explains it)')
    // The settings above and below hold for the commands that are added afterwards.
    .exitOverride();
  addOverview(program, surroundings);
  addCurrents(program, surroundings);
  addLaunch(program, surroundings);
  addEvents(program, surroundings);
  addTail(program, surroundings);
  addDeadLetters(program, surroundings);
  addQuarantine(program, surroundings);
  addReplay(program, surroundings);
  addJobs(program, surroundings);
  addSegments(program, surroundings);
  addTokens(program, surroundings);
  addConfig(program, surroundings);
  addPrograms(program, surroundings.onExit);
  addOperator(program, surroundings);
  addBackup(program, surroundings.onExit);
  addCompletion(program, surroundings.terminal);
  return program;
}
