import type { Command } from 'commander';
import { documents } from '../documents.js';
import { CommandFailure, exitCodes } from '../failure.js';
import { findCurrent } from '../hub/findCurrent.js';
import { time } from '../output/time.js';
import { asking, type Surroundings } from '../session.js';
import { given, readEnumList, withExample } from './options.js';

interface TailItem {
  readonly kind: string;
  readonly occurredAt: string;
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly code: string | null;
  readonly current: { readonly name: string } | null;
  readonly ingestToken: { readonly name: string } | null;
}

interface TailUpdate {
  readonly liveTail: { readonly leftOutCount: number; readonly items: readonly TailItem[] };
}

interface TailOptions {
  readonly current?: string;
  readonly type?: string;
  readonly kind?: readonly string[];
}

export function addTail(program: Command, surroundings: Surroundings): void {
  withExample(
    program.command('tail'),
    'currents tail --current cur_1 --kind rejected,expired',
    'currents tail --json | jq .eventId',
  )
    .summary('follow events and outcomes as they happen')
    .description('Follows events and outcomes as they happen, a line each, until Ctrl-C. In a flood it is a sample.')
    .option('--current <current>', 'only what concerns this Current')
    .option('--type <event-type>', 'only events of this type')
    .option('--kind <kinds>', 'only these: accepted, quarantined, delivered, skipped, rejected, expired', readEnumList)
    .action(
      asking<TailOptions>(surroundings, async ({ hub, terminal, isJson }, _args, { current, type, kind }) => {
        const currentId = current === undefined ? undefined : (await findCurrent(hub, current)).id;
        const leaving = new AbortController();
        const leave = (): void => leaving.abort();
        process.once('SIGINT', leave);
        terminal.note(`Following ${hub.url}; Ctrl-C ends it.`);
        const filter = given({ currentId, eventType: type, kinds: kind });
        const onAnswer = ({ liveTail: { items, leftOutCount } }: TailUpdate): void => {
          for (const item of items) {
            if (isJson) terminal.printJson(item, 0);
            else terminal.print(describeItem(item));
          }
          if (leftOutCount > 0) terminal.note(`… and ${leftOutCount} more, which are left out`);
        };
        await hub
          .follow<TailUpdate>(documents.tail, { filter }, { signal: leaving.signal, onAnswer })
          .finally(() => process.off('SIGINT', leave));
        if (!leaving.signal.aborted)
          throw new CommandFailure('the hub has ended the live tail; start it again', exitCodes.unreachable);
      }),
    );
}

function describeItem({ kind, occurredAt, eventId, eventType, code, current, ingestToken }: TailItem): string {
  const place = current ? `→ ${current.name}` : ingestToken ? `by ${ingestToken.name}` : '';
  return [time(occurredAt), kind.padEnd(11), eventType, eventId, place, code].filter(Boolean).join('  ');
}
