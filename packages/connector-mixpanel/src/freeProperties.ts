import { fit, MOST_MEMBERS } from './fit.js';

/** A property that Mixpanel would not take. */
export interface Unfit {
  /** As Mixpanel would have called it. */
  readonly name: string;
  readonly reason: string;
  readonly detail: string;
}

/** Objects whose keys people chose, and what stands before each key (Braze, Mixpanel for Currents). */
const CUSTOM = { object: 'custom_properties', prefix: '[Custom event property] ' };
const PURCHASE = { object: 'purchase_properties', prefix: '[Purchase property] ' };

/** The properties whose keys people chose, behind their prefixes; as many as there is room for beside the event's own. */
export function freeProperties(
  source: Readonly<Record<string, unknown>>,
  most: number,
  unfit: Unfit[],
): Record<string, unknown> | undefined {
  const custom = source[CUSTOM.object];
  const purchase = source[PURCHASE.object];
  if (custom === undefined && purchase === undefined) return undefined;
  const free: Record<string, unknown> = {};
  const room = most - Object.keys(source).length;
  const left = addAll(free, CUSTOM.prefix, custom, room, unfit);
  addAll(free, PURCHASE.prefix, purchase, left, unfit);
  return free;
}

/** Whether the property is such an object, which is sent in its members only. */
export function isFree(key: string, value: object): boolean {
  return (key === CUSTOM.object || key === PURCHASE.object) && !Array.isArray(value);
}

/** The list or object as Mixpanel takes it; undefined, and told in `unfit`, if it takes it in no way. */
export function fitted(name: string, value: object, unfit: Unfit[]): unknown {
  const answer = fit(value);
  if ('value' in answer) return answer.value;
  unfit.push({ name, ...answer });
  return undefined;
}

export function tooMany(name: string): Unfit {
  return { name, reason: 'too_many_properties', detail: `no room for it; Mixpanel takes ${MOST_MEMBERS} properties` };
}

function addAll(
  target: Record<string, unknown>,
  prefix: string,
  source: unknown,
  room: number,
  unfit: Unfit[],
): number {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return room;
  const free = source as Readonly<Record<string, unknown>>;
  let left = room;
  for (const key in free) {
    const value = free[key];
    if (value === null || value === undefined) continue;
    const name = prefix + key;
    if (left <= 0) unfit.push(tooMany(name));
    else {
      target[name] = typeof value === 'object' ? fitted(name, value, unfit) : value;
      left--;
    }
  }
  return left;
}
