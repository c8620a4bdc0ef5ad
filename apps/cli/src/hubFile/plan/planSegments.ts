import { cohortNameOf, cohortNamesIn, type Definition, type SegmentEntry, type WebhookEntry } from '../hubFile.js';
import type { Found, FoundSegment } from '../readHub.js';
import { differences } from './differences.js';
import { match } from './match.js';
import { planSyncs } from './planSyncs.js';
import { emptyPlan, isSameName, joinPlans, type Plan, type Planning, type Step, type Work } from './step.js';

/** What becomes of segments and their webhooks. */
export function planSegments(planning: Planning): Plan {
  const { file, hub, isPruning } = planning;
  if (!file.segments) return emptyPlan;
  const { matches, leftOver } = match(file.segments, hub.segments, {
    isSame: (desired, had) => isSameName(desired.name, had.entry.name),
  });
  return joinPlans([
    ...matches.map(({ desired, had }) => planSegment(desired, had, planning)),
    isPruning
      ? { ...emptyPlan, steps: leftOver.map(deletion) }
      : { ...emptyPlan, leftOver: leftOver.map(({ entry }) => subjectOf(entry)) },
  ]);
}

const subjectOf = ({ name }: { readonly name: string }): string => `segment ${name}`;

function planSegment(desired: SegmentEntry, had: FoundSegment | undefined, planning: Planning): Plan {
  const { file, hub } = planning;
  const known = new Set([...(file.cohorts ?? []), ...hub.cohorts.map(({ entry }) => entry)].map(cohortNameOf));
  const unknown = [...new Set(cohortNamesIn(desired.definition))].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const text = `the ${subjectOf(desired)} uses ${unknown.join(', ')}, which neither the file nor the hub has; add it under cohorts`;
    return { ...emptyPlan, problems: [text] };
  }
  const step = had ? changeOf(desired, had) : creation(desired);
  return joinPlans([
    { ...emptyPlan, steps: step ? [step] : [] },
    planWebhooks(desired, had?.webhooks ?? [], planning),
    planSyncs(desired, had?.syncs ?? [], planning),
  ]);
}

function creation({ name, definition }: SegmentEntry): Step {
  return {
    stage: 'segments',
    verb: 'create',
    subject: subjectOf({ name }),
    details: [`definition: ${JSON.stringify(definition)}`],
    async run(work) {
      const input = { name, definition: withIds(definition, work) };
      const { segment } = await work.ask<{ segment: { id: string } }>('createSegment', input);
      work.learn({ kind: 'segment', name }, segment.id);
    },
  };
}

function changeOf({ name, definition }: SegmentEntry, { id, version, entry }: FoundSegment): Step | undefined {
  const details = differences(entry, { name, definition });
  if (details.length === 0) return undefined;
  const isOther = details.some((detail) => detail.startsWith('definition: '));
  return {
    stage: 'segments',
    verb: 'change',
    subject: subjectOf(entry),
    details,
    async run(work) {
      const more = isOther && { definition: withIds(definition, work) };
      await work.ask('updateSegment', { id, ifVersion: version, name, ...more });
    },
  };
}

/** The definition with the hub's ids of the cohorts. */
function withIds(part: Definition, work: Work): object {
  const idOf = (name: string): string => work.idOf({ kind: 'cohort', name });
  if ('includes' in part) return { includes: idOf(part.includes) };
  if ('excludes' in part) return { excludes: idOf(part.excludes) };
  if ('not' in part) return { not: withIds(part.not, work) };
  if ('all' in part) return { all: part.all.map((each) => withIds(each, work)) };
  return { any: part.any.map((each) => withIds(each, work)) };
}

/** A segment may have several webhooks with the same URL. */
function planWebhooks(segment: SegmentEntry, had: readonly Found<WebhookEntry>[], { isPruning }: Planning): Plan {
  const { matches, leftOver } = match(segment.webhooks, had, {
    isSame: (desired, { entry }) => desired.url === entry.url,
    isAlike: (desired, { entry }) => desired.state === entry.state,
  });
  const nameOf = ({ url }: WebhookEntry): string => `webhook ${url} of the ${subjectOf(segment)}`;
  const steps = matches.flatMap(({ desired, had: found }) => {
    if (!found) return [webhookCreation(segment, desired, nameOf(desired))];
    if (found.entry.state === desired.state) return [];
    return [webhookTransition(found, desired, nameOf(desired))];
  });
  if (!isPruning) return { ...emptyPlan, steps, leftOver: leftOver.map(({ entry }) => nameOf(entry)) };
  const deletions = leftOver.map(({ id, entry }): Step => ({
    stage: 'delete',
    verb: 'delete',
    subject: nameOf(entry),
    details: ['pending changes are not delivered'],
    run: async (work) => void (await work.ask('deleteSegmentWebhook', { id, dryRun: false, confirmUrl: entry.url })),
  }));
  return { ...emptyPlan, steps: [...steps, ...deletions] };
}

function webhookCreation(segment: SegmentEntry, { url, state }: WebhookEntry, subject: string): Step {
  return {
    stage: 'segments',
    verb: 'create',
    subject,
    details: [`state: ${state}`],
    async run(work) {
      const segmentId = work.idOf({ kind: 'segment', name: segment.name });
      const created = await work.ask<{ secret: string; segmentWebhook: { id: string } }>('createSegmentWebhook', {
        ...{ segmentId, url },
      });
      work.showSecret({ kind: 'webhook', name: `${segment.name} ${url}`, secret: created.secret });
      if (state === 'paused') await work.ask('pauseSegmentWebhook', { id: created.segmentWebhook.id });
    },
  };
}

function webhookTransition({ id, entry }: Found<WebhookEntry>, { state }: WebhookEntry, subject: string): Step {
  const verb = state === 'paused' ? 'pause' : 'resume';
  return {
    stage: 'segments',
    verb,
    subject,
    details: [`state: ${entry.state} → ${state}`],
    run: async (work) => void (await work.ask(`${verb}SegmentWebhook`, { id })),
  };
}

function deletion({ id, entry, webhooks, syncs }: FoundSegment): Step {
  return {
    stage: 'delete',
    verb: 'delete',
    subject: subjectOf(entry),
    details: [
      ...(webhooks.length > 0 ? [`with its webhooks: ${webhooks.length}`] : []),
      ...(syncs.length > 0 ? [`with its syncs: ${syncs.length}; what their destinations hold stays there`] : []),
    ],
    run: async (work) => void (await work.ask('deleteSegment', { id, dryRun: false, confirmName: entry.name })),
  };
}
