import { isRecord } from '@currents/schema';
import { fitNested, type NestedLimits } from './fitNested.js';
import { setProperty } from './copyProperties.js';

/** A list of which only the first elements are sent. */
export interface ShortenedList {
  /** Where it is in the value, such as `.order.products`; empty for the value itself. */
  readonly path: string;
  readonly kept: number;
  readonly of: number;
}

interface Draft {
  readonly path: string;
  readonly elements: unknown[];
  readonly of: number;
}

/** Bounds the work that one value can cause, and more cuts would leave little of it. */
const maxCuts = 8;

/**
 * The value within a partner's limits, with only the first elements of its lists: of each at most as many as the partner
 * accepts, and of those with the most bytes so many that the value fits. Undefined when shorter lists do not help.
 */
export function shortenLists(
  value: object,
  limits: NestedLimits,
): { readonly value: unknown; readonly lists: readonly ShortenedList[] } | undefined {
  const drafts: Draft[] = [];
  const copy = copyCapped(value, '', limits.maxMembers, drafts);
  for (let cut = 0; cut <= maxCuts; cut++) {
    const fitted = fitNested(copy as object, limits);
    if ('value' in fitted) {
      const shortened = drafts.filter(({ elements, of }) => elements.length < of);
      const lists = shortened.map(({ path, elements, of }) => ({ path, kept: elements.length, of }));
      return { value: fitted.value, lists };
    }
    // Flattening turns the elements of a deep list into members.
    const excess = fitted.reason === 'property_too_large' ? bytesOf(copy) - limits.maxBytes : bytesOf(copy) / 2;
    if (fitted.reason === 'property_too_deep' || !cutLargest(drafts, Math.max(excess, 1))) return undefined;
  }
  return undefined;
}

function copyCapped(value: unknown, path: string, maxMembers: number, drafts: Draft[]): unknown {
  if (Array.isArray(value)) {
    // What is inside of an element stays as it is: it is kept or left out with it.
    const elements = value.slice(0, maxMembers) as unknown[];
    drafts.push({ path, elements, of: value.length });
    return elements;
  }
  if (!isRecord(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value))
    setProperty(copy, key, copyCapped(member, `${path}.${key}`, maxMembers, drafts));
  return copy;
}

/**
 * Takes elements from the end of the list with the most bytes until so many are gone, or one is left. False when no list
 * has more than one.
 */
function cutLargest(drafts: readonly Draft[], excess: number): boolean {
  const sizes = drafts.map(({ elements }) => (elements.length < 2 ? 0 : bytesOf(elements)));
  const largest = drafts[sizes.indexOf(Math.max(...sizes))];
  if (!largest || largest.elements.length < 2) return false;
  for (let gone = 0; gone < excess && largest.elements.length > 1;) gone += 1 + bytesOf(largest.elements.pop());
  return true;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** The names of shortened lists with their numbers, such as `products: 61 of 300`, for people. */
export function describeShortened(name: string, lists: readonly ShortenedList[]): readonly string[] {
  return lists.map(({ path, kept, of }) => `${name}${path}: ${kept} of ${of}`);
}

/** The property of an event that says which of its lists were shortened. */
export const shortenedProperty = 'currents_shortened';
