import type { Command } from 'commander';
import { confirm } from '../change/confirm.js';
import { documents } from '../documents.js';
import { findCurrent, type CurrentDetails, type CurrentRow } from '../hub/findCurrent.js';
import { readPages } from '../hub/readPages.js';
import { unwrap, type Problem } from '../hub/unwrap.js';
import { fields } from '../output/table.js';
import { time } from '../output/time.js';
import { asking, type Surroundings } from '../session.js';
import { given, readEnumList, withExample, withLimit } from './options.js';
import { printList } from './printList.js';

interface ListOptions {
  readonly limit: number;
  readonly state?: readonly string[];
  readonly search?: string;
}

export function addCurrents(program: Command, surroundings: Surroundings): void {
  withExample(withLimit(program.command('list'), 200), 'currents list', 'currents list --state blocked,paused')
    .summary('the Currents and their counts')
    .description('Lists the Currents, with their states and counts of events.')
    .option('--state <states>', 'only Currents in these states: draft, live, paused, blocked', readEnumList)
    .option('--search <text>', 'only Currents with this text in their names')
    .action(
      asking<ListOptions>(surroundings, async (session, _args, { limit, state, search }) => {
        const filter = given({ states: state, search });
        const pages = await readPages<CurrentRow>(session.hub, documents.currents, { filter }, limit);
        printList(session, pages, columns, 'There are no such Currents.');
      }),
    );

  withExample(program.command('show <current>'), 'currents show cur_1', 'currents show "Engagement to Mixpanel"')
    .summary('everything about one Current')
    .description('Prints everything about one Current, by its id or its name.')
    .action(
      asking(surroundings, async ({ hub, terminal, isJson }, [name = '']) => {
        const current = await findCurrent(hub, name);
        if (isJson) terminal.printJson(current);
        else terminal.print(describeCurrent(current));
      }),
    );

  addTransition('pause', {
    document: documents.pauseCurrent,
    summary: 'stop deliveries; events are kept',
    plan: ({ name, id, state }) =>
      `Pauses ${name} (${id}, ${state}): its events are kept, and delivered after currents resume ${id}.`,
  });
  addTransition('resume', {
    document: documents.resumeCurrent,
    summary: 'go on with the deliveries of a paused or blocked Current',
    plan: ({ name, id, state, counts }) =>
      `Resumes ${name} (${id}, ${state}): ${counts.pending} pending events are delivered from now on.`,
  });

  withExample(program.command('test <current>'), 'currents test cur_1')
    .summary('try the credentials of a Current')
    .description('Tries the credentials of a Current at its destination. A blocked Current that passes resumes.')
    .action(
      asking(surroundings, async ({ hub, terminal, isJson }, [name = '']) => {
        const { id } = await findCurrent(hub, name);
        const { testCredentials } = await hub.ask<{ testCredentials: { message: string } | Problem }>(
          documents.testCurrent,
          { id },
        );
        const passed = unwrap(testCredentials);
        if (isJson) terminal.printJson(passed);
        else terminal.print(passed.message);
      }),
    );

  interface Transition {
    readonly document: string;
    readonly summary: string;
    plan(current: CurrentDetails): string;
  }

  function addTransition(verb: 'pause' | 'resume', { document, summary, plan }: Transition): void {
    withExample(program.command(`${verb} <current>`), `currents ${verb} cur_1`)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}. Asks to type its name.`)
      .option('--yes', 'confirm without asking')
      .action(
        asking(surroundings, async (session, [name = '']) => {
          const { hub, terminal, isJson } = session;
          const current = await findCurrent(hub, name);
          await confirm(session, plan(current), current.name);
          const [result] = Object.values(
            await hub.ask<Record<string, { current: CurrentRow } | Problem>>(document, { id: current.id }),
          );
          const { current: changed } = unwrap(result as { current: CurrentRow } | Problem);
          if (isJson) terminal.printJson(changed);
          else terminal.print(`${changed.name} is ${changed.state}`);
        }),
      );
  }
}

const columns = [
  { title: 'ID', of: ({ id }: CurrentRow) => id },
  { title: 'STATE', of: ({ state }: CurrentRow) => state },
  { title: 'DESTINATION', of: ({ destinationName }: CurrentRow) => destinationName },
  { title: 'DELIVERED', of: ({ counts }: CurrentRow) => counts.delivered },
  { title: 'SKIPPED', of: ({ counts }: CurrentRow) => counts.skipped },
  { title: 'REJECTED', of: ({ counts }: CurrentRow) => counts.rejected },
  { title: 'EXPIRED', of: ({ counts }: CurrentRow) => counts.expired },
  { title: 'PENDING', of: ({ counts }: CurrentRow) => counts.pending },
  { title: 'NAME', of: ({ name }: CurrentRow) => name },
];

export function describeCurrent({ counts, block, deferral, ...current }: CurrentDetails): string {
  return [
    fields({
      id: current.id,
      name: current.name,
      state: `${current.state} since ${time(current.stateChangedAt)}`,
      block: block && `${block.code} since ${time(block.blockedAt)}: ${block.detail}`,
      'next probe': time(block?.nextProbeAt),
      deferral: deferral && `${deferral.code} until ${time(deferral.until)}: ${deferral.detail}`,
      'retry window ends': time(current.retryWindowEndsAt),
      'oldest pending since': time(current.oldestPendingAt),
      destination: current.destinationName,
      settings: JSON.stringify(current.settings),
      'event types': current.eventTypes.length,
      contact: current.contactEmail,
      created: time(current.createdAt),
      'possible actions': current.allowedActions.map((action) => action.toLowerCase()).join(', '),
    }),
    '',
    fields(counts),
    ...current.warnings.map(({ code, message }) => `warning: ${code}: ${message}`),
  ].join('\n');
}
