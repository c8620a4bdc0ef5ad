import type { Command } from 'commander';
import { confirm } from '../change/confirm.js';
import { findSync, readSync, type SyncDetails } from '../hub/findSync.js';
import { unwrap, type Problem } from '../hub/unwrap.js';
import { describeSyncPlan, type SyncPlan } from '../output/describeSync.js';
import { segmentDocuments } from '../segmentDocuments.js';
import { asking, type Session, type Surroundings } from '../session.js';
import { withExample } from './options.js';
import { printFollowed } from './printSync.js';
import { planSync } from './segmentSyncCreation.js';

interface Changed {
  readonly segmentSync: SyncDetails;
  readonly isDryRun?: boolean;
  readonly clearedCount?: number;
  readonly plan?: SyncPlan | null;
}

interface FollowOptions {
  readonly follow?: boolean;
}

/** The commands that start, stop and end a sync. */
export function addSyncChanges(syncs: Command, surroundings: Surroundings): void {
  withExample(withFollow(syncs.command('launch <sync>')), 'currents segments sync launch ssy_1 --follow')
    .summary('send all members, and from then on entries and exits')
    .description(
      'Tests the destination, sends all members once, and from then on entries and exits. Shows what that takes, and asks to type its name.',
    )
    .option('--yes', 'confirm without asking')
    .action(
      asking<FollowOptions>(surroundings, async (session, [name = ''], { follow }) => {
        const sync = await findSync(session.hub, name, true);
        const { id, objectName, destination, settings, segment, state } = sync;
        const input = { segmentId: segment?.id, segmentSyncId: id, destination, settings };
        const takes =
          state === 'DRAFT' ? `:\n${describeSyncPlan(await planSync(session.hub, input))}` : ', which is not a draft.';
        await confirm(session, `Launches ${objectName} (${id}, ${state})${takes}`, objectName);
        await report(session, await change(session, 'launch', { id }), follow);
      }),
    );

  withExample(syncs.command('pause <sync>'), 'currents segments sync pause ssy_1')
    .summary('send nothing until it is resumed')
    .description('Sends nothing until it is resumed; what changes meanwhile is sent then. Asks to type its name.')
    .option('--yes', 'confirm without asking')
    .action(
      asking(surroundings, async (session, [name = '']) => {
        const { id, objectName, state } = await findSync(session.hub, name);
        const plan = `Pauses ${objectName} (${id}, ${state}): what changes is sent after currents segments sync resume ${id}.`;
        await confirm(session, plan, objectName);
        await report(session, await change(session, 'pause', { id }));
      }),
    );

  withExample(withFollow(syncs.command('resume <sync>')), 'currents segments sync resume ssy_1')
    .summary('go on with a paused or blocked sync')
    .description('Goes on with a paused or blocked sync. Asks to type its name.')
    .option('--yes', 'confirm without asking')
    .action(
      asking<FollowOptions>(surroundings, async (session, [name = ''], { follow }) => {
        const { id, objectName, state, waitingCount } = await findSync(session.hub, name);
        const plan = `Resumes ${objectName} (${id}, ${state}): ${waitingCount} users and changes are looked at from now on.`;
        await confirm(session, plan, objectName);
        await report(session, await change(session, 'resume', { id }), follow);
      }),
    );

  withExample(
    withFollow(syncs.command('resend <sync>')),
    'currents segments sync resend ssy_1',
    'currents segments sync resend ssy_1 --all --dry-run',
    'currents segments sync resend ssy_1 --all --follow',
  )
    .summary('look through all members again, and send those that differ')
    .description(
      'Looks through all members again, and sends those that differ from what was sent, or all of them. Shows what that takes, and asks to type its name.',
    )
    .option('--all', 'send all of them, and those who have left, which may cost data points')
    .option('--dry-run', 'only show what it takes: users, requests, time and cost')
    .option('--yes', 'confirm without asking')
    .action(
      asking<FollowOptions & { readonly all?: boolean; readonly dryRun?: boolean }>(
        surroundings,
        async (session, [name = ''], { all, dryRun, follow }) => {
          const { terminal, isJson } = session;
          const { id, objectName, state } = await findSync(session.hub, name);
          const what = all === true ? 'all members again' : 'the members that differ from what was sent';
          const mode = all === true ? 'ALL' : 'CHANGED';
          const { plan } = await change(session, 'resend', { id, mode, dryRun: true });
          const takes = plan ? describeSyncPlan(plan) : '';
          if (dryRun === true) return isJson ? terminal.printJson(plan) : terminal.print(takes);
          await confirm(session, `Sends ${what} to ${objectName} (${id}, ${state}):\n${takes}`, objectName);
          const input = { id, mode, dryRun: false, confirmName: objectName };
          await report(session, await change(session, 'resend', input), follow);
        },
      ),
    );

  withExample(withFollow(syncs.command('delete <sync>')), 'currents segments sync delete ssy_1 --follow')
    .summary('take back what was sent, and delete the sync')
    .description(
      'Takes back what was sent, and deletes the sync once that is done. Shows how many users, and asks to type its name.',
    )
    .option('--keep-values', 'leave what the destination holds, and delete the sync at once')
    .option('--yes', 'confirm without asking')
    .action(
      asking<FollowOptions & { readonly keepValues?: boolean }>(
        surroundings,
        async (session, [name = ''], { keepValues, follow }) => {
          const { id, objectName, state } = await findSync(session.hub, name);
          const isClearing = keepValues !== true;
          const { clearedCount = 0 } = await change(session, 'delete', { id, isClearing });
          const fate = isClearing
            ? `the values of ${clearedCount} users are taken back first`
            : 'what the destination holds stays there';
          await confirm(session, `Deletes ${objectName} (${id}, ${state}) for good; ${fate}.`, objectName);
          const input = { id, isClearing, dryRun: false, confirmName: objectName };
          const deleted = await change(session, 'delete', input);
          const cleared = isClearing ? await readSync(session.hub, id) : undefined;
          if (cleared) await report(session, { segmentSync: cleared }, follow);
          else if (session.isJson) session.terminal.printJson(deleted);
          else session.terminal.print(`${objectName} is deleted`);
        },
      ),
    );
}

function withFollow(command: Command): Command {
  return command.option('--follow', 'show the progress until it is done');
}

type Change = 'launch' | 'pause' | 'resume' | 'resend' | 'delete';

async function change({ hub }: Session, name: Change, input: object): Promise<Changed> {
  const answer = await hub.ask<{ change: Changed | Problem }>(segmentDocuments[name], { input });
  return unwrap(answer.change);
}

async function report(session: Session, { segmentSync }: Changed, follows = false): Promise<void> {
  const { terminal, isJson } = session;
  if (follows) return printFollowed(session, segmentSync);
  if (isJson) return terminal.printJson(segmentSync);
  const { id, objectName, state, isClearing } = segmentSync;
  const watch = `currents segments sync watch ${id} shows how far it is`;
  terminal.print(
    isClearing
      ? `${objectName} is being cleared; ${watch}`
      : `${objectName} is ${state}${segmentSync.progress ? `; ${watch}` : ''}`,
  );
}
