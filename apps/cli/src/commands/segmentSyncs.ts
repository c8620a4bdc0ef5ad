import type { Command } from 'commander';
import { exitCodes } from '../failure.js';
import { findSegment } from '../hub/findSegment.js';
import { findSync, listSyncs, listSyncsOf, type SyncRow } from '../hub/findSync.js';
import { unwrap, type Problem } from '../hub/unwrap.js';
import { fields } from '../output/table.js';
import { segmentDocuments } from '../segmentDocuments.js';
import { asking, type Surroundings } from '../session.js';
import { withExample } from './options.js';
import { printList } from './printList.js';
import { printFollowed, printSync } from './printSync.js';
import { addSyncChanges } from './segmentSyncChanges.js';
import { addSyncCreation } from './segmentSyncCreation.js';
import { addSyncRefusals } from './segmentSyncRefusals.js';

interface Drift {
  readonly memberCount: number;
  readonly heldCount: number;
  readonly missingCount: number;
  readonly surplusCount: number;
  readonly refusedCount: number;
}

export function addSegmentSyncs(segments: Command, surroundings: Surroundings): void {
  const syncs = segments
    .command('sync')
    .description('Holds the members of segments at destinations, such as a custom attribute in Braze.');

  withExample(syncs.command('list [segment]'), 'currents segments sync list', 'currents segments sync list seg_1')
    .summary('the syncs of all segments, or of one')
    .description('Lists the syncs of all segments, or of one, by its id or its name.')
    .action(
      asking(surroundings, async (session, [segment]) => {
        const { hub } = session;
        const nodes =
          segment === undefined ? await listSyncs(hub) : await listSyncsOf(hub, await findSegment(hub, segment));
        printList(session, { nodes, hasMore: false }, columns, 'There are no such segment syncs.');
      }),
    );

  withExample(
    syncs.command('show <sync>'),
    'currents segments sync show ssy_1',
    'currents segments sync show currents_buyers --settings',
  )
    .summary('everything about one sync')
    .description('Prints everything about one sync, by its id or by the name of what holds the segment.')
    .option('--settings', 'its settings as well, which needs the role operator')
    .action(
      asking<{ readonly settings?: boolean }>(surroundings, async (session, [name = ''], { settings }) =>
        printSync(session, await findSync(session.hub, name, settings === true)),
      ),
    );

  withExample(syncs.command('watch <sync>'), 'currents segments sync watch ssy_1')
    .summary('follow a first sync, a repair or a clean-up until it is done')
    .description(
      'Follows a sync until all members are looked through, or until it is deleted. Exits with 1 when it is blocked or paused.',
    )
    .action(
      asking(surroundings, async (session, [name = '']) => printFollowed(session, await findSync(session.hub, name))),
    );

  withExample(syncs.command('drift <sync>'), 'currents segments sync drift ssy_1')
    .summary('compare the members with what was sent of them')
    .description(
      'Compares the members of the segment with what was sent of them. What is still to be sent counts as missing or surplus.',
    )
    .option('--exit-code', 'exit with 1 if something is missing or surplus')
    .action(
      asking<{ readonly exitCode?: boolean }>(surroundings, async (session, [name = ''], { exitCode }) => {
        const { hub, terminal, isJson } = session;
        const { id } = await findSync(hub, name);
        const { segmentSyncDrift } = await hub.ask<{ segmentSyncDrift: Drift | Problem }>(segmentDocuments.drift, {
          id,
        });
        const drift = unwrap(segmentSyncDrift);
        if (isJson) terminal.printJson(drift);
        else terminal.print(describeDrift(drift));
        return exitCode === true && drift.missingCount + drift.surplusCount > 0 ? exitCodes.negative : exitCodes.done;
      }),
    );

  addSyncRefusals(syncs, surroundings);
  addSyncCreation(syncs, surroundings);
  addSyncChanges(syncs, surroundings);
}

function describeDrift(drift: Drift): string {
  return fields({
    members: drift.memberCount,
    held: drift.heldCount,
    missing: drift.missingCount,
    surplus: drift.surplusCount,
    refused: drift.refusedCount,
  });
}

const columns = [
  { title: 'ID', of: ({ id }: SyncRow) => id },
  { title: 'STATE', of: ({ state, isClearing }: SyncRow) => `${state}${isClearing ? ', being cleared' : ''}` },
  { title: 'DESTINATION', of: ({ destination }: SyncRow) => destination },
  { title: 'NAME', of: ({ objectName }: SyncRow) => objectName },
  { title: 'DELIVERED', of: ({ deliveredCount }: SyncRow) => deliveredCount },
  { title: 'REFUSED', of: ({ refusedCount }: SyncRow) => refusedCount },
  { title: 'WAITING', of: ({ waitingCount, inFlightCount }: SyncRow) => waitingCount + inFlightCount },
  {
    title: 'PROGRESS',
    of: ({ progress }: SyncRow) => progress && `${progress.doneCount} of ${progress.totalCount}`,
  },
  { title: 'SEGMENT', of: ({ segment }: SyncRow) => segment?.name },
];
