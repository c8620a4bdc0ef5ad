import type { CurrentEntry } from '../hubFile.js';
import type { FoundCurrent } from '../readHub.js';
import { resolveCredentials, type Resolved } from '../secrets.js';
import { differences, mergePatchBetween, show } from './differences.js';
import { match } from './match.js';
import { emptyPlan, isSameName, joinPlans, type Plan, type Planning, type Step, type Work } from './step.js';

/** What becomes of the Currents. */
export function planCurrents(planning: Planning): Plan {
  const { file, hub, isPruning } = planning;
  if (!file.currents) return emptyPlan;
  const { matches, leftOver } = match(file.currents, hub.currents, {
    isSame: (desired, had) => isSameName(desired.name, had.entry.name),
  });
  return joinPlans([
    ...matches.map(({ desired, had }) => {
      const complete = withDefaults(desired, planning);
      return had ? planChange(complete, had, planning) : planCreation(complete, planning);
    }),
    isPruning
      ? { ...emptyPlan, steps: leftOver.map(deletion) }
      : { ...emptyPlan, leftOver: leftOver.map(({ entry }) => subjectOf(entry)) },
  ]);
}

const subjectOf = ({ name }: { readonly name: string }): string => `Current ${name}`;

/** The entry with all that the hub adds to it. */
function withDefaults(entry: CurrentEntry, { hub }: Planning): CurrentEntry {
  const given = Object.fromEntries(Object.entries(entry.settings).filter(([, value]) => value !== null));
  const { groups, channels, eventTypes } = entry.selection;
  return {
    ...entry,
    settings: { ...hub.defaultSettings.get(entry.destination), ...given },
    selection: { groups: once(groups), channels: once(channels), eventTypes: once(eventTypes) },
  };
}

const once = (names: readonly string[]): string[] => [...new Set(names)].sort();

function planCreation(entry: CurrentEntry, planning: Planning): Plan {
  const { name, destination, state, contactEmail, settings, selection, fieldRules, lingerMs } = entry;
  const resolved = resolve(entry, planning);
  const credentials = resolved && 'values' in resolved ? resolved.values : undefined;
  const create: Step = {
    stage: 'currents',
    verb: 'create',
    subject: subjectOf(entry),
    details: [
      `destination: ${destination}`,
      credentials ? `credentials: ${shapeOf(entry.credentials ?? {})}` : 'credentials: none yet',
    ],
    async run(work) {
      const { current } = await work.ask<{ current: { id: string } }>('createCurrent', {
        ...{ name, destination, contactEmail, settings, selection, fieldRules, lingerMs },
        ...(credentials && { credentials }),
      });
      work.learn({ kind: 'Current', name }, current.id);
    },
  };
  if (credentials) return { ...emptyPlan, steps: [create, ...launch(entry, planning)] };
  const isMeant = state === 'draft' && entry.credentials === undefined;
  return { ...emptyPlan, steps: [create], notes: isMeant ? [] : [missingNote(entry, resolved, 'stays a draft')] };
}

function launch({ name, state }: CurrentEntry, { skipsTest: skipTest }: Planning): readonly Step[] {
  if (state === 'draft') return [];
  return [
    {
      stage: 'launch',
      verb: 'launch',
      subject: subjectOf({ name }),
      details: state === 'paused' ? ['state: draft → paused'] : ['state: draft → live'],
      async run(work) {
        const id = work.idOf({ kind: 'Current', name });
        await work.ask('launchCurrent', { id, skipTest, isPaused: state === 'paused' });
      },
    },
  ];
}

function resolve({ credentials }: CurrentEntry, { secrets }: Planning): Resolved | undefined {
  return credentials && resolveCredentials(credentials, secrets);
}

function missingNote({ name }: CurrentEntry, resolved: Resolved | undefined, outcome: string): string {
  const missing = resolved && 'missing' in resolved ? resolved.missing : [];
  return missing.length > 0
    ? `Current ${name} ${outcome} until ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} set, in the environment or in the file of --secrets`
    : `Current ${name} ${outcome}: the file names no credentials for it`;
}

/** Such as `serviceAccount (projectId, secret, username)`; some destinations need no field. */
function shapeOf({ kind, ...fields }: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(fields).sort().join(', ');
  return typeof kind === 'string' ? `${kind} (${names})` : names || 'without a field';
}

function planChange(desired: CurrentEntry, had: FoundCurrent, planning: Planning): Plan {
  if (desired.destination !== had.entry.destination)
    return problem(
      `Current ${desired.name} has the destination ${had.entry.destination}, which cannot become ${desired.destination}; give it another name, or delete it first`,
    );
  if (desired.state === 'draft' && had.state !== 'DRAFT')
    return problem(`Current ${desired.name} is ${had.state} and cannot become a draft again; set live or paused`);
  const credentials = planCredentials(desired, had, planning);
  const states = planState(desired, had, credentials.isReady, planning);
  const change = updateOf(desired, had, credentials);
  return {
    ...emptyPlan,
    steps: [...(change ? [change] : []), ...states],
    notes: credentials.notes,
  };
}

function problem(text: string): Plan {
  return { ...emptyPlan, problems: [text] };
}

interface PlannedCredentials {
  readonly values?: Readonly<Record<string, string>>;
  readonly details: readonly string[];
  readonly notes: readonly string[];
  /** Whether the Current has some afterwards. */
  readonly isReady: boolean;
}

/** Values are never compared: the hub shows only which fields there are. */
function planCredentials(desired: CurrentEntry, had: FoundCurrent, planning: Planning): PlannedCredentials {
  const hadShape = had.credentials && shapeOf({ kind: had.credentials.kind, ...keysOf(had.credentials.fields) });
  const desiredShape = desired.credentials && shapeOf(desired.credentials);
  const isDue = desiredShape !== undefined && (hadShape !== desiredShape || planning.replacesCredentials);
  const isReady = had.credentials !== null;
  if (desiredShape === undefined || !isDue) {
    const notes = isReady || desired.state === 'draft' ? [] : [missingNote(desired, undefined, 'stays a draft')];
    return { details: [], notes, isReady };
  }
  const resolved = resolve(desired, planning);
  if (!resolved || 'missing' in resolved) {
    const outcome = isReady ? 'keeps its credentials' : 'stays a draft';
    return { details: [], notes: [missingNote(desired, resolved, outcome)], isReady };
  }
  const detail = hadShape === desiredShape ? `${desiredShape}, replaced` : `${hadShape ?? 'none'} → ${desiredShape}`;
  return { values: resolved.values, details: [`credentials: ${detail}`], notes: [], isReady: true };
}

const keysOf = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, true]));

function updateOf(desired: CurrentEntry, had: FoundCurrent, credentials: PlannedCredentials): Step | undefined {
  const { entry } = had;
  const patch = mergePatchBetween(entry.settings, desired.settings);
  const { name, contactEmail, selection, fieldRules, lingerMs } = desired;
  const plain = { name, contactEmail, selection, fieldRules, lingerMs };
  const details = [
    ...differences(entry, plain),
    ...Object.keys(patch).map(
      (key) => `settings.${key}: ${show(entry.settings[key])} → ${show(desired.settings[key])}`,
    ),
    ...credentials.details,
  ];
  if (details.length === 0) return undefined;
  const isChanged = (field: string): boolean => details.some((detail) => detail.startsWith(`${field}: `));
  return {
    stage: 'currents',
    verb: 'change',
    subject: subjectOf(entry),
    details,
    async run(work: Work) {
      await work.ask('updateCurrent', {
        id: had.id,
        ifVersion: had.version,
        confirmName: entry.name,
        ...Object.fromEntries(Object.entries(plain).filter(([field]) => isChanged(field))),
        ...(Object.keys(patch).length > 0 && { settings: patch }),
        ...(credentials.values && { credentials: credentials.values }),
      });
    },
  };
}

function planState(
  desired: CurrentEntry,
  had: FoundCurrent,
  hasCredentials: boolean,
  planning: Planning,
): readonly Step[] {
  if (had.state === 'DRAFT') return hasCredentials ? launch(desired, planning) : [];
  if (desired.state === 'paused' && had.state !== 'PAUSED') return [transition('pause', desired, had)];
  if (desired.state === 'live' && had.state === 'PAUSED') return [transition('resume', desired, had)];
  return [];
}

function transition(verb: 'pause' | 'resume', { state }: CurrentEntry, had: FoundCurrent): Step {
  return {
    stage: verb === 'pause' ? 'pause' : 'launch',
    verb,
    subject: subjectOf(had.entry),
    details: [`state: ${had.state.toLowerCase()} → ${state}`],
    run: async (work) => void (await work.ask(`${verb}Current`, { id: had.id })),
  };
}

function deletion({ id, entry, state }: FoundCurrent): Step {
  return {
    stage: 'delete',
    verb: 'delete',
    subject: subjectOf(entry),
    details: [`state: ${state.toLowerCase()} → deleted, for good; its pending events expire`],
    run: async (work) => void (await work.ask('deleteCurrent', { id, confirmName: entry.name })),
  };
}
