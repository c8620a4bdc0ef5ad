import {
  customPropertyPrefix,
  describeShortened,
  fitNested,
  freePrefixes,
  purchasePropertyPrefix,
  shortenLists,
  type NestedLimits,
} from '@currents/connector';
import type { Misfits, Unfit } from './misfits.js';

/** Mixpanel, Import Events reference, limits: fewer than 255 properties. */
export const maxMembers = 254;

/** Mixpanel, Import Events reference, limits: three levels, fewer than 255 members; property data types: about 8 KB. */
const eventLimits: NestedLimits = { label: 'Mixpanel', maxLevels: 3, maxMembers, maxBytes: 8000 };

/** Free properties with their prefixes, up to `maxCount` together with the event's own. */
export function freeProperties(
  source: Readonly<Record<string, unknown>>,
  maxCount: number,
  misfits: Misfits,
): Record<string, unknown> | undefined {
  const { custom_properties: custom, purchase_properties: purchase } = source;
  if (custom === undefined && purchase === undefined) return undefined;
  const free: Record<string, unknown> = {};
  const room = maxCount - Object.keys(source).length;
  const left = addAll(free, customPropertyPrefix, custom, room, misfits);
  addAll(free, purchasePropertyPrefix, purchase, left, misfits);
  return free;
}

/** Whether the property is an object of free properties, whose members are sent instead. */
export function isFree(key: string, value: object): boolean {
  return freePrefixes.has(key) && !Array.isArray(value);
}

/** The list or object within Mixpanel's limits; undefined, and added to `unfit`, if it cannot be made to fit. */
export function fitted(
  name: string,
  value: object,
  { unfit, shortened }: Misfits,
  limits: NestedLimits = eventLimits,
): unknown {
  const answer = fitNested(value, limits);
  if ('value' in answer) return answer.value;
  const shorter = shortened && shortenLists(value, limits);
  if (shorter) {
    shortened.push(...describeShortened(name, shorter.lists));
    return shorter.value;
  }
  unfit.push({ name, ...answer });
  return undefined;
}

export function tooMany(name: string, max = maxMembers): Unfit {
  return {
    name,
    reason: 'too_many_properties',
    detail: `expected at most ${max} properties, the limit of Mixpanel, got more`,
  };
}

function addAll(
  target: Record<string, unknown>,
  prefix: string,
  source: unknown,
  room: number,
  misfits: Misfits,
): number {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return room;
  const free = source as Readonly<Record<string, unknown>>;
  let left = room;
  for (const key in free) {
    const value = free[key];
    if (value === null || value === undefined) continue;
    const name = prefix + key;
    if (left <= 0) misfits.unfit.push(tooMany(name));
    else {
      target[name] = typeof value === 'object' ? fitted(name, value, misfits) : value;
      left--;
    }
  }
  return left;
}
