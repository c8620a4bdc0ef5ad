import type { Command } from 'commander';
import { documents } from '../documents.js';
import { CommandFailure, exitCodes } from '../failure.js';
import { readPages, type Page } from '../hub/readPages.js';
import { unwrap, type Problem } from '../hub/unwrap.js';
import { describeEvent, type StoredEvent } from '../output/describeEvent.js';
import { asking, type Surroundings } from '../session.js';
import { given, withExample, withLimit, withTimes } from './options.js';

interface ListOptions {
  readonly user?: string;
  readonly device?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

interface EventPage extends Page<StoredEvent> {
  readonly unsearchedDays: readonly string[];
}

export function addEvents(program: Command, surroundings: Surroundings): void {
  const events = program.command('events').description('Finds events, and what became of them at each Current.');

  withExample(events.command('find <event-id>'), 'currents events find 5f0adeff-6668-4427-8d02-57d803a2b841')
    .summary('the whole way of one event')
    .description('Prints the whole way of an event: where it came in, and what became of it at each Current.')
    .action(
      asking(surroundings, async ({ hub, terminal, isJson }, [id = '']) => {
        const { event } = await hub.ask<{ event: StoredEvent | Problem }>(documents.event, { id });
        const found = unwrap(event);
        if (isJson) terminal.printJson(found);
        else terminal.print(describeEvent(found));
      }),
    );

  const list = withLimit(withTimes(events.command('list'), 'events that arrived'), 20)
    .summary('the events of a user or a device')
    .description('Lists the events of a user or a device, the newest first, with what became of each.')
    .option('--user <id>', 'the external id of the user')
    .option('--device <id>', 'the id of the device');
  withExample(list, 'currents events list --user customer-42 --from 24h').action(
    asking<ListOptions>(surroundings, async ({ hub, terminal, isJson }, _args, { user, device, from, to, limit }) => {
      if ((user === undefined) === (device === undefined))
        throw new CommandFailure('expected one of --user and --device', exitCodes.usage);
      const filter = given({ externalUserId: user, deviceId: device, from, to });
      let unsearched: readonly string[] = [];
      const { nodes, hasMore } = await readPages<StoredEvent>(hub, documents.events, { filter }, limit, {
        onPage(page) {
          unsearched = (page as EventPage).unsearchedDays;
        },
      });
      if (isJson) terminal.printJson(nodes);
      else if (nodes.length === 0) terminal.note('There are no such events.');
      else terminal.print(nodes.map(describeEvent).join('\n\n'));
      if (hasMore) terminal.note('There are more; --limit shows more of them.');
      if (unsearched.length > 0) terminal.note(`Not searched, because the index lacks them: ${unsearched.join(', ')}`);
    }),
  );
}
