import { describeShortened, fitNested, shortenedProperty, shortenLists } from '@currents/connector';
import type { NestedLimits } from '@currents/connector';
import { maxEventBytesOf } from './request.js';
import type { Settings } from './settings.js';

/** Amplitude has no limit for one list, only for a request. Half of it leaves room for everything else in the event. */
const limitsOf = (settings: Settings): NestedLimits => ({
  label: 'Amplitude',
  maxLevels: Infinity,
  maxMembers: Infinity,
  maxBytes: Math.floor(maxEventBytesOf(settings) / 2),
});

const maxNames = 20;

/**
 * Shortens the lists of event properties that would make the event too large for a request, and names them in the
 * property `currents_shortened`.
 */
export function shortenLongLists(properties: Record<string, unknown>, settings: Settings): void {
  const limits = limitsOf(settings);
  const shortened: string[] = [];
  for (const name in properties) {
    const value = properties[name];
    if (typeof value !== 'object' || value === null || 'value' in fitNested(value, limits)) continue;
    const shorter = shortenLists(value, limits);
    if (!shorter) continue;
    properties[name] = shorter.value;
    shortened.push(...describeShortened(name, shorter.lists));
  }
  if (shortened.length > 0) properties[shortenedProperty] = shortened.slice(0, maxNames);
}
