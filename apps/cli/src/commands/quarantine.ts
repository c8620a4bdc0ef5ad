import type { Command } from 'commander';
import { planAndRun } from '../change/planAndRun.js';
import { documents } from '../documents.js';
import { readPages } from '../hub/readPages.js';
import { time } from '../output/time.js';
import { asking, type Surroundings } from '../session.js';
import { enumOf, given, readList, withExample, withLimit, withTimes } from './options.js';
import { printList } from './printList.js';

interface QuarantinedEvent {
  readonly id: string;
  readonly code: string;
  readonly detail: string;
  readonly eventType: string | null;
  readonly eventId: string | null;
  readonly storedAt: string;
  readonly releasedAt: string | null;
  readonly ingestToken: { readonly name: string } | null;
}

interface QuarantineGroup {
  readonly code: string;
  readonly eventType: string | null;
  readonly eventCount: number;
  readonly releasedCount: number;
  readonly purgedCount: number;
  readonly lastAt: string;
}

interface FilterOptions {
  readonly code?: string;
  readonly type?: string;
  readonly token?: string;
  readonly id?: readonly string[];
  readonly user?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

export function addQuarantine(program: Command, surroundings: Surroundings): void {
  const quarantine = program
    .command('quarantine')
    .description(
      'Lists, releases and purges quarantined events: those that did not match the catalogue when they came.',
    );

  withExample(withLimit(withFilter(quarantine.command('list')), 50), 'currents quarantine list --code bad-time')
    .summary('quarantined events, the newest first')
    .description('Lists quarantined events, the newest first, each with what is wrong with it.')
    .action(
      asking<FilterOptions & { readonly limit: number }>(
        surroundings,
        async (session, _args, { limit, ...options }) => {
          const variables = { filter: filterOf(options) };
          const pages = await readPages<QuarantinedEvent>(session.hub, documents.quarantinedEvents, variables, limit);
          printList(session, pages, columns, 'There are no such events in quarantine.');
        },
      ),
    );

  withExample(withFilter(quarantine.command('groups')), 'currents quarantine groups --from 7d')
    .summary('the quarantine by reason and event type')
    .description('Counts quarantined events by reason and event type.')
    .action(
      asking<FilterOptions>(surroundings, async (session, _args, options) => {
        const { quarantineGroups } = await session.hub.ask<{ quarantineGroups: readonly QuarantineGroup[] }>(
          documents.quarantineGroups,
          { filter: filterOf(options) },
        );
        const empty = 'There are no such events in quarantine.';
        printList(session, { nodes: quarantineGroups, hasMore: false }, groupColumns, empty);
      }),
    );

  withExample(
    withFilter(quarantine.command('release')),
    'currents quarantine release --code unknown-event-type --type users.messages.rcs.Open',
  )
    .summary('validate quarantined events again, and accept those that pass')
    .description(
      'Validates quarantined events again and accepts those that pass. Shows how many, and asks to type "release".',
    )
    .option('--yes', 'confirm without asking')
    .action(
      asking<FilterOptions>(surroundings, async (session, _args, options) =>
        planAndRun(session, {
          document: documents.releaseQuarantinedEvents,
          variables: { filter: filterOf(options) },
          summary: 'Releases quarantined events that pass by now, to all Currents that select them',
          name: 'release',
        }),
      ),
    );

  withExample(
    withFilter(quarantine.command('purge')),
    'currents quarantine purge --type users.messages.pigeon.Open --to 1h --reason "from a test"',
  )
    .summary('delete quarantined events for good')
    .description(
      'Deletes quarantined events for good, released ones too; they stay counted. Shows how many, and asks to type "purge".',
    )
    .option('--reason <text>', 'why, for the audit log')
    .option('--yes', 'confirm without asking')
    .action(
      asking<FilterOptions & { readonly reason?: string }>(
        surroundings,
        async (session, _args, { reason, ...options }) =>
          planAndRun(session, {
            document: documents.purgeQuarantinedEvents,
            variables: { filter: filterOf(options), ...given({ reason }) },
            summary: 'Deletes quarantined events for good',
            name: 'purge',
          }),
      ),
    );
}

function withFilter(command: Command): Command {
  return withTimes(command, 'events that arrived')
    .option('--code <code>', 'only events with this reason, such as unknown-event-type')
    .option('--type <event-type>', 'only events that name this type')
    .option('--token <token-id>', 'only events that came with this ingest token, such as tok_3')
    .option('--id <ids>', 'only the quarantined events with these ids', readList)
    .option('--user <ids>', 'only events of users with these ids', readList);
}

function filterOf({ code, type, token, id, user, from, to }: FilterOptions) {
  return given({
    code: code === undefined ? undefined : enumOf(code),
    eventType: type,
    ingestTokenId: token,
    ids: id,
    users: user,
    from,
    to,
  });
}

const columns = [
  { title: 'ID', of: ({ id }: QuarantinedEvent) => id },
  { title: 'ARRIVED', of: ({ storedAt }: QuarantinedEvent) => time(storedAt) },
  { title: 'TOKEN', of: ({ ingestToken }: QuarantinedEvent) => ingestToken?.name },
  { title: 'CODE', of: ({ code }: QuarantinedEvent) => code },
  { title: 'TYPE', of: ({ eventType }: QuarantinedEvent) => eventType },
  { title: 'EVENT', of: ({ eventId }: QuarantinedEvent) => eventId },
  { title: 'RELEASED', of: ({ releasedAt }: QuarantinedEvent) => time(releasedAt) },
  { title: 'DETAIL', of: ({ detail }: QuarantinedEvent) => detail },
];

const groupColumns = [
  { title: 'CODE', of: ({ code }: QuarantineGroup) => code },
  { title: 'TYPE', of: ({ eventType }: QuarantineGroup) => eventType },
  { title: 'EVENTS', of: ({ eventCount }: QuarantineGroup) => eventCount },
  { title: 'RELEASED', of: ({ releasedCount }: QuarantineGroup) => releasedCount },
  { title: 'PURGED', of: ({ purgedCount }: QuarantineGroup) => purgedCount },
  { title: 'LAST', of: ({ lastAt }: QuarantineGroup) => time(lastAt) },
];
