import type { Command } from 'commander';
import { planAndRun } from '../change/planAndRun.js';
import { documents } from '../documents.js';
import { findCurrent } from '../hub/findCurrent.js';
import { asking, type Surroundings } from '../session.js';
import { given, readEnumList, readList, withExample, withTimes } from './options.js';

interface ReplayOptions {
  readonly outcome: readonly string[];
  readonly type?: readonly string[];
  readonly user?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

export function addReplay(program: Command, surroundings: Surroundings): void {
  withExample(
    withTimes(program.command('replay <current>'), 'events that the hub accepted'),
    'currents replay cur_1 --outcome skipped --from 24h',
    'currents replay cur_1 --outcome unselected --type users.messages.email.Open --from 2026-11-01',
  )
    .summary('send stored events to a Current again')
    .description(
      'Sends stored events to a Current again, or those that it missed. Plans it first, and asks to type the name of the Current. Live events go first.',
    )
    .requiredOption(
      '--outcome <outcomes>',
      'only events that ended in these ways at the Current: delivered, skipped, rejected, expired, discarded, unselected',
      readEnumList,
    )
    .option('--type <event-types>', 'only events of these types', readList)
    .option('--user <ids>', 'only events of users with these ids', readList)
    .option('--yes', 'confirm without asking')
    .action(
      asking<ReplayOptions>(surroundings, async (session, [name = ''], { outcome, type, user, from, to }) => {
        const current = await findCurrent(session.hub, name);
        return planAndRun(session, {
          document: documents.replayEvents,
          variables: {
            currentId: current.id,
            filter: given({ outcomes: outcome, eventTypes: type, users: user, from, to }),
          },
          summary: `Sends stored events to ${current.name} (${current.id}) again`,
          name: current.name,
        });
      }),
    );
}
