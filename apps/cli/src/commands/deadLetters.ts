import { Option, type Command } from 'commander';
import { planAndRun } from '../change/planAndRun.js';
import { documents } from '../documents.js';
import { findCurrent } from '../hub/findCurrent.js';
import { readPages } from '../hub/readPages.js';
import { time } from '../output/time.js';
import { asking, type Surroundings } from '../session.js';
import { enumOf, given, readList, withExample, withLimit, withTimes } from './options.js';
import { printList } from './printList.js';

interface DeadLetter {
  readonly id: string;
  readonly outcome: string;
  readonly code: string;
  readonly detail: string;
  readonly eventType: string | null;
  readonly eventId: string | null;
  readonly recordedAt: string;
  readonly replayedAt: string | null;
  readonly discardedAt: string | null;
  readonly current: { readonly name: string };
}

interface DeadLetterGroup {
  readonly outcome: string;
  readonly code: string;
  readonly eventType: string | null;
  readonly verdict: string;
  readonly eventCount: number;
  readonly replayedCount: number;
  readonly discardedCount: number;
  readonly lastAt: string;
}

interface FilterOptions {
  readonly code?: string;
  readonly type?: string;
  readonly outcome?: string;
  readonly id?: readonly string[];
  readonly user?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

export function addDeadLetters(program: Command, surroundings: Surroundings): void {
  const deadLetters = program
    .command('dead-letters')
    .description(
      'Lists, replays, discards and restores dead letters: events that a destination rejected, or that expired.',
    );

  withExample(
    withLimit(withFilter(deadLetters.command('list')), 50),
    'currents dead-letters list --current cur_1 --code invalid',
  )
    .summary('dead letters, the newest first')
    .description('Lists dead letters, the newest first, each with its reason.')
    .option('--current <current>', 'only those of this Current')
    .action(
      asking<FilterOptions & { readonly limit: number; readonly current?: string }>(
        surroundings,
        async (session, _args, { limit, current, ...options }) => {
          const currentId = current === undefined ? undefined : (await findCurrent(session.hub, current)).id;
          const filter = given({ ...filterOf(options), currentId });
          const pages = await readPages<DeadLetter>(session.hub, documents.deadLetters, { filter }, limit);
          printList(session, pages, columns, 'There are no such dead letters.');
        },
      ),
    );

  withExample(withFilter(deadLetters.command('groups <current>')), 'currents dead-letters groups cur_1')
    .summary('the dead letters of a Current by reason and event type')
    .description('Counts the dead letters of a Current by reason and event type, and says whether a replay may help.')
    .action(
      asking<FilterOptions>(surroundings, async (session, [name = ''], options) => {
        const { id } = await findCurrent(session.hub, name);
        const { deadLetterGroups } = await session.hub.ask<{ deadLetterGroups: readonly DeadLetterGroup[] }>(
          documents.deadLetterGroups,
          { currentId: id, filter: filterOf(options) },
        );
        printList(
          session,
          { nodes: deadLetterGroups, hasMore: false },
          groupColumns,
          'There are no such dead letters.',
        );
      }),
    );

  withExample(withFilter(deadLetters.command('replay <current>')), 'currents dead-letters replay cur_1 --code invalid')
    .summary('send dead letters of a Current again')
    .description(
      'Sends dead letters of a Current again, each once. Shows how many, and asks to type the name of the Current.',
    )
    .option('--yes', 'confirm without asking')
    .action(
      asking<FilterOptions>(surroundings, async (session, [name = ''], options) => {
        const current = await findCurrent(session.hub, name);
        return planAndRun(session, {
          document: documents.replayDeadLetters,
          variables: { currentId: current.id, filter: filterOf(options) },
          summary: `Sends dead letters of ${current.name} (${current.id}) again`,
          name: current.name,
        });
      }),
    );

  withExample(
    withFilter(deadLetters.command('discard <current>')),
    'currents dead-letters discard cur_1 --code invalid --reason "from a test"',
  )
    .summary('close dead letters of a Current that are not to be sent')
    .description(
      'Closes dead letters of a Current that are not to be sent. Shows how many, and asks to type the name of the Current.',
    )
    .requiredOption('--reason <text>', 'why, for the audit log')
    .option('--yes', 'confirm without asking')
    .action(
      asking<FilterOptions & { readonly reason: string }>(surroundings, async (session, [name = ''], options) => {
        const { reason, ...filter } = options;
        const current = await findCurrent(session.hub, name);
        return planAndRun(session, {
          document: documents.discardDeadLetters,
          variables: { currentId: current.id, filter: filterOf(filter), reason },
          summary: `Discards dead letters of ${current.name} (${current.id})`,
          name: current.name,
        });
      }),
    );

  withExample(
    withFilter(deadLetters.command('restore <current>')),
    'currents dead-letters restore cur_1 --code invalid',
  )
    .summary('open discarded dead letters of a Current again')
    .description(
      'Opens discarded dead letters of a Current again, as if they had not been discarded. Shows how many, and asks to type the name of the Current.',
    )
    .option('--yes', 'confirm without asking')
    .action(
      asking<FilterOptions>(surroundings, async (session, [name = ''], options) => {
        const current = await findCurrent(session.hub, name);
        return planAndRun(session, {
          document: documents.restoreDeadLetters,
          variables: { currentId: current.id, filter: filterOf(options) },
          summary: `Opens discarded dead letters of ${current.name} (${current.id}) again`,
          name: current.name,
        });
      }),
    );
}

function withFilter(command: Command): Command {
  return withTimes(command, 'events that ended')
    .option('--code <code>', 'only events with this reason, such as invalid')
    .option('--type <event-type>', 'only events of this type')
    .addOption(new Option('--outcome <outcome>', 'only events that ended in this way').choices(['rejected', 'expired']))
    .option('--id <ids>', 'only the dead letters with these ids', readList)
    .option('--user <ids>', 'only events of users with these ids', readList);
}

function filterOf({ code, type, outcome, id, user, from, to }: FilterOptions) {
  return given({
    code,
    eventType: type,
    outcome: outcome === undefined ? undefined : enumOf(outcome),
    ids: id,
    users: user,
    from,
    to,
  });
}

const columns = [
  { title: 'ID', of: ({ id }: DeadLetter) => id },
  { title: 'ENDED', of: ({ recordedAt }: DeadLetter) => time(recordedAt) },
  { title: 'CURRENT', of: ({ current }: DeadLetter) => current.name },
  { title: 'OUTCOME', of: ({ outcome }: DeadLetter) => outcome },
  { title: 'CODE', of: ({ code }: DeadLetter) => code },
  { title: 'TYPE', of: ({ eventType }: DeadLetter) => eventType },
  { title: 'EVENT', of: ({ eventId }: DeadLetter) => eventId },
  {
    title: 'SINCE',
    of: ({ replayedAt, discardedAt }: DeadLetter) => (replayedAt ? 'replayed' : discardedAt && 'discarded'),
  },
  { title: 'DETAIL', of: ({ detail }: DeadLetter) => detail },
];

const groupColumns = [
  { title: 'OUTCOME', of: ({ outcome }: DeadLetterGroup) => outcome },
  { title: 'CODE', of: ({ code }: DeadLetterGroup) => code },
  { title: 'TYPE', of: ({ eventType }: DeadLetterGroup) => eventType },
  { title: 'VERDICT', of: ({ verdict }: DeadLetterGroup) => verdict },
  { title: 'EVENTS', of: ({ eventCount }: DeadLetterGroup) => eventCount },
  { title: 'REPLAYED', of: ({ replayedCount }: DeadLetterGroup) => replayedCount },
  { title: 'DISCARDED', of: ({ discardedCount }: DeadLetterGroup) => discardedCount },
  { title: 'LAST', of: ({ lastAt }: DeadLetterGroup) => time(lastAt) },
];
