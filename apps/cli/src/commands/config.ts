import type { Command } from 'commander';
import type { ApplyOptions, PlanOptions } from '../hubFile/actions.js';
import { asking, type Surroundings } from '../session.js';
import { withExample } from './options.js';

/** Loaded when it is needed: the parsers of files cost every other command a tenth of a second. */
const loadActions = () => import('../hubFile/actions.js');

export function addConfig(program: Command, surroundings: Surroundings): void {
  const config = program
    .command('config')
    .description(
      'Writes what a hub is set up with into a file, compares a hub with such a file, and makes it so: Currents, cohorts and their pulls, segments and webhooks, import keys and ingest tokens.',
    );

  withExample(config.command('export'), 'currents config export > hub.yaml')
    .summary('print the configuration of a hub, without secrets')
    .description(
      'Prints the configuration of a hub as YAML, or as JSON with --json: without secrets, ids and times, and sorted, so that two of them can be compared. References such as ${env:MAIL_TOKEN} stand for credentials.',
    )
    .action(asking(surroundings, async (session) => (await loadActions()).exportConfig(session)));

  withExample(
    withPlanning(config.command('plan <file>')),
    'currents config plan hub.yaml',
    'currents config plan --secrets secrets.env hub.yaml',
  )
    .summary('show what a file would change about a hub')
    .description(
      'Shows what a file would change about a hub, and changes nothing. Things are matched by their names. What the file does not name is listed, and stays.',
    )
    .option('--exit-code', 'exit with 1 if there is something to change')
    .action(
      asking<PlanOptions>(surroundings, async (session, [path = ''], options) =>
        (await loadActions()).planConfig(session, path, options, surroundings.environment),
      ),
    );

  withExample(
    withPlanning(config.command('apply <file>')),
    'currents config apply --secrets secrets.env hub.yaml',
    'currents config apply --secrets-out tokens.json --yes hub.yaml',
  )
    .summary('change a hub to what a file says')
    .description(
      'Changes a hub to what a file says. Shows the plan first, and asks to type "apply", or "prune" with --prune. It can be repeated: what is so already is left alone. New tokens, keys and webhook secrets are printed, this once.',
    )
    .option('--skip-test', 'launch Currents without a test of their credentials')
    .option('--secrets-out <file>', 'write new secrets into this file, instead of printing them; its mode is 0600')
    .option('--yes', 'confirm without asking')
    .action(
      asking<ApplyOptions>(surroundings, async (session, [path = ''], options) =>
        (await loadActions()).applyConfig(session, path, options, surroundings.environment),
      ),
    );
}

function withPlanning(command: Command): Command {
  return command
    .option('--secrets <file>', 'file with lines such as MAIL_TOKEN=… for references, before the environment')
    .option('--prune', 'delete what the file does not name in the sections that it has')
    .option('--replace-credentials', 'replace the credentials of Currents that have some, too');
}
