import { setTimeout as wait } from 'node:timers/promises';
import { CommandFailure, exitCodes } from '../../failure.js';
import type { Problem } from '../../hub/unwrap.js';
import type { SegmentEntry, SyncEntry } from '../hubFile.js';
import type { FoundSync } from '../readHub.js';
import { resolveCredentials } from '../secrets.js';
import { differences } from './differences.js';
import { match } from './match.js';
import { emptyPlan, joinPlans, type Plan, type Planning, type Step, type Work } from './step.js';

/** What becomes of the syncs of a segment: what destinations such as Braze hold of it. */
export function planSyncs(segment: SegmentEntry, had: readonly FoundSync[], planning: Planning): Plan {
  const desired = segment.syncs.map((sync) => withDefaults(sync, planning));
  const { matches, leftOver } = match(desired, had, {
    // Which of the settings names what holds the segment is the destination's own affair.
    isSame: (sync, { entry, objectName }) =>
      sync.destination === entry.destination && Object.values(sync.settings).includes(objectName),
  });
  const subjectOf = ({ entry, objectName }: FoundSync): string => subject(segment, entry, objectName);
  return joinPlans([
    ...matches.map(({ desired: sync, had: found }) =>
      found ? planChange(sync, found, subjectOf(found), planning) : planCreation(segment, sync, planning),
    ),
    planning.isPruning
      ? { ...emptyPlan, steps: leftOver.map((sync) => deletion(sync, subjectOf(sync))) }
      : { ...emptyPlan, leftOver: leftOver.map(subjectOf) },
  ]);
}

function subject({ name }: SegmentEntry, { destination }: Pick<SyncEntry, 'destination'>, objectName?: string): string {
  return `sync of the segment ${name} to ${destination}${objectName === undefined ? '' : ` as ${objectName}`}`;
}

function withDefaults(sync: SyncEntry, { hub }: Planning): SyncEntry {
  return { ...sync, settings: { ...hub.exportDestinations.get(sync.destination)?.defaultSettings, ...sync.settings } };
}

function planCreation(segment: SegmentEntry, sync: SyncEntry, planning: Planning): Plan {
  const { destination, settings, state } = sync;
  const what = subject(segment, sync);
  const resolved = sync.credentials && resolveCredentials(sync.credentials, planning.secrets);
  if (!resolved || 'missing' in resolved) {
    const missing = resolved ? resolved.missing : [];
    const why =
      missing.length > 0
        ? `until ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} set, in the environment or in the file of --secrets`
        : 'because the file names no credentials for it';
    return { ...emptyPlan, notes: [`${what} is not created ${why}`] };
  }
  let id: string | undefined;
  const create: Step = {
    stage: 'segments',
    verb: 'create',
    subject: what,
    details: [`settings: ${JSON.stringify(settings)}`],
    async run(work) {
      const segmentId = work.idOf({ kind: 'segment', name: segment.name });
      const created = await work.ask<{ segmentSync: { id: string } }>('createSegmentSync', {
        ...{ segmentId, destination, settings, credentials: resolved.values },
      });
      id = created.segmentSync.id;
    },
  };
  return { ...emptyPlan, steps: state === 'live' ? [create, launch(what, () => id)] : [create] };
}

function launch(what: string, idOf: () => string | undefined): Step {
  return {
    stage: 'launch',
    verb: 'launch',
    subject: what,
    details: ['state: draft → live, which sends all members once'],
    async run(work) {
      const id = idOf();
      if (id === undefined) throw new CommandFailure('it needs the sync, which was not created', exitCodes.negative);
      await launchEvaluated(work, id);
    },
  };
}

const evaluationMs = 15_000;
const retryMs = 500;

/** A segment that was just created has no members before a worker has evaluated it. */
async function launchEvaluated(work: Work, id: string): Promise<void> {
  const endMs = performance.now() + evaluationMs;
  for (;;)
    try {
      await work.ask('launchSegmentSync', { id });
      return;
    } catch (error) {
      const { problemCode } = ((error as CommandFailure).cause ?? {}) as Partial<Problem>;
      if (problemCode !== 'SEGMENT_NOT_EVALUATED' || performance.now() > endMs) throw error;
      await wait(retryMs);
    }
}

function planChange(sync: SyncEntry, had: FoundSync, what: string, planning: Planning): Plan {
  const settings = differences(had.entry.settings, sync.settings);
  if (settings.length > 0)
    return {
      ...emptyPlan,
      problems: [`the settings of the ${what} cannot be changed (${settings.join('; ')}); delete it first`],
    };
  const credentials = planCredentials(sync, had, what, planning);
  return { ...credentials, steps: [...credentials.steps, ...transitions(sync, had, what)] };
}

/** The hub shows no credentials, so they are replaced only when asked to. */
function planCredentials(
  { credentials }: SyncEntry,
  { id, objectName }: FoundSync,
  what: string,
  { secrets, replacesCredentials }: Planning,
): Plan {
  if (!credentials || !replacesCredentials) return emptyPlan;
  const resolved = resolveCredentials(credentials, secrets);
  if ('missing' in resolved)
    return { ...emptyPlan, notes: [`${what} keeps its credentials until ${resolved.missing.join(', ')} is set`] };
  const step: Step = {
    stage: 'segments',
    verb: 'change',
    subject: what,
    details: ['credentials: replaced'],
    async run(work) {
      await work.ask('updateSegmentSync', { id, credentials: resolved.values, confirmName: objectName });
    },
  };
  return { ...emptyPlan, steps: [step] };
}

/** A draft that is to be paused sends nothing either: it stays one. */
function transitions({ state }: SyncEntry, { id, state: former }: FoundSync, what: string): readonly Step[] {
  if (state === 'live' && former === 'DRAFT') return [launch(what, () => id)];
  const verb = stateVerb(state, former);
  if (!verb) return [];
  return [
    {
      stage: verb === 'pause' ? 'pause' : 'launch',
      verb,
      subject: what,
      details: [`state: ${former.toLowerCase()} → ${verb === 'pause' ? 'paused' : 'live'}`],
      run: async (work) => void (await work.ask(`${verb}SegmentSync`, { id })),
    },
  ];
}

function stateVerb(state: SyncEntry['state'], former: FoundSync['state']): 'pause' | 'resume' | undefined {
  if (state === 'live') return former === 'PAUSED' ? 'resume' : undefined;
  return former === 'LIVE' || former === 'BLOCKED' ? 'pause' : undefined;
}

function deletion({ id, objectName }: FoundSync, what: string): Step {
  return {
    stage: 'delete',
    verb: 'delete',
    subject: what,
    details: ['what was sent is taken back first'],
    async run(work) {
      await work.ask('deleteSegmentSync', { id, dryRun: false, isClearing: true, confirmName: objectName });
    },
  };
}
