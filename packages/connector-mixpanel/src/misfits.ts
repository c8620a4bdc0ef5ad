import { shortenedProperty } from '@currents/connector';
import type { Settings } from './settings.js';

/** What happened to properties beyond Mixpanel's limits. */
export interface Misfits {
  readonly unfit: Unfit[];
  /** Which lists were shortened, for people; undefined where they are not to be. */
  readonly shortened: string[] | undefined;
}

/** A property beyond Mixpanel's limits. */
export interface Unfit {
  /** Its name at Mixpanel. */
  readonly name: string;
  readonly reason: string;
  readonly detail: string;
}

/** Lists in Mixpanel the properties that were left out. */
const leftOutProperty = 'currents_left_out';
const maxNames = 20;
const maxNameLength = 100;

export function startMisfits({ longLists }: Settings): Misfits {
  return { unfit: [], shortened: longLists === 'shorten' ? [] : undefined };
}

/** Names the misfits in the properties; or rejects the event for the first of them, if the settings say so. */
export function reportMisfits(
  properties: Record<string, unknown>,
  { unfit, shortened }: Misfits,
  { unfitProperties }: Settings,
): { readonly reject: string; readonly detail: string } | undefined {
  if (unfit.length > 0) {
    const { name, reason, detail } = unfit[0] as Unfit;
    if (unfitProperties === 'reject') return { reject: reason, detail: `${name.slice(0, maxNameLength)}: ${detail}` };
    properties[leftOutProperty] = namesOf(unfit.map((property) => property.name));
  }
  if (shortened && shortened.length > 0) properties[shortenedProperty] = namesOf(shortened);
  return undefined;
}

function namesOf(all: readonly string[]): string[] {
  const names = all.slice(0, maxNames).map((name) => name.slice(0, maxNameLength));
  return all.length > maxNames ? [...names, `and ${all.length - maxNames} more`] : names;
}
