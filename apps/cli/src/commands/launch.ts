import type { Command } from 'commander';
import { confirm } from '../change/confirm.js';
import type { Job } from '../change/job.js';
import { documents } from '../documents.js';
import { findCurrent, type CurrentRow } from '../hub/findCurrent.js';
import { unwrap, type Problem } from '../hub/unwrap.js';
import { readTime, time } from '../output/time.js';
import { asking, type Surroundings } from '../session.js';
import { given, withExample } from './options.js';

interface LaunchOptions {
  readonly from?: string;
  readonly paused?: boolean;
  readonly skipTest?: boolean;
}

interface Launched {
  readonly current: CurrentRow;
  /** What sends earlier events; null without `--from`. */
  readonly backfill: Job | null;
}

export function addLaunch(program: Command, surroundings: Surroundings): void {
  withExample(program.command('launch <current>'), 'currents launch cur_1', 'currents launch cur_1 --from 7d')
    .summary('make a draft live')
    .description(
      'Tests the destination and makes a draft live: it carries the events that arrive from now on, and earlier ones with --from. Asks to type its name.',
    )
    .option(
      '--from <time>',
      'also the stored events since this time: 2026-11-30T09:00:00Z, or a span before now such as 24h',
      readTime,
    )
    .option('--paused', 'keep what arrives, and send nothing before it is resumed')
    .option('--skip-test', 'do not test the destination first')
    .option('--yes', 'confirm without asking')
    .action(
      asking<LaunchOptions>(surroundings, async (session, [name = ''], { from, paused, skipTest }) => {
        const { hub, terminal, isJson } = session;
        const { id, state, name: fullName, destinationName, eventTypes } = await findCurrent(hub, name);
        const which = from === undefined ? 'that arrive from now on' : `since ${time(from)}`;
        const fate = paused === true ? 'keeps' : 'sends';
        await confirm(
          session,
          `Launches ${fullName} (${id}, ${state}): ${fate} events of ${eventTypes.length} types ${which} to ${destinationName}.`,
          fullName,
        );
        const input = given({ id, from, isPaused: paused, skipTest });
        const { launchCurrent } = await hub.ask<{ launchCurrent: Launched | Problem }>(documents.launchCurrent, {
          input,
        });
        const { current, backfill } = unwrap(launchCurrent);
        if (isJson) return terminal.printJson({ current, backfill });
        terminal.print(`${current.name} is ${current.state}`);
        if (backfill) terminal.print(`${backfill.id} sends earlier events: currents jobs watch ${backfill.id}`);
      }),
    );
}
