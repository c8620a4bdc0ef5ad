import { planCohorts } from './planCohorts.js';
import { planCurrents } from './planCurrents.js';
import { planKeys, planNoticeWebhooks } from './planKeys.js';
import { planSegments } from './planSegments.js';
import { joinPlans, type Plan, type Planning, type Step } from './step.js';

/** What a file would change about a hub. */
export function planChanges(planning: Planning): Plan {
  return joinPlans([
    planCurrents(planning),
    planNoticeWebhooks(planning),
    planKeys(planning),
    planCohorts(planning),
    planSegments(planning),
  ]);
}

/** A step and its details, a line each. */
export function describeStep({ verb, subject, details }: Omit<Step, 'stage' | 'run'>): string {
  return [`  ${verb.padEnd(7)} ${subject}`, ...details.map((detail) => `            ${detail}`)].join('\n');
}

/** The plan in words, for a person who decides about it. */
export function describePlan({ steps, leftOver, notes, problems }: Plan, url: string): string {
  const count = steps.length === 1 ? '1 change' : `${steps.length} changes`;
  return [
    ...(problems.length > 0 ? ['The file cannot be applied:', ...problems.map((text) => `  ${text}`)] : []),
    ...(steps.length > 0 ? [`${count} at ${url}:`, ...steps.map(describeStep)] : []),
    ...(notes.length > 0 ? ['Not done:', ...notes.map((text) => `  ${text}`)] : []),
    ...(leftOver.length > 0
      ? [
          'Left as it is, because the file does not name it (--prune deletes it):',
          ...leftOver.map((text) => `  ${text}`),
        ]
      : []),
    ...(steps.length === 0 && problems.length === 0 ? [`Nothing to change at ${url}.`] : []),
  ].join('\n');
}
