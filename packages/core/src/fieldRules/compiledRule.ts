import { setProperty } from '@currents/connector';
import { isRecord, type CatalogueEvent } from '@currents/schema';
import { parseFieldPath, type FieldPath } from './fieldPath.js';
import type { FieldRule } from './fieldRule.js';
import { FieldSet, type FieldEdit } from './fieldSet.js';
import type { HashText } from './hashValue.js';
import type { Properties } from './propertiesDraft.js';

/** A rule that changes events, ready to be applied. */
export type CompiledRule =
  | { readonly kind: 'edit'; readonly fields: FieldSet; readonly edit: FieldEdit }
  | { readonly kind: 'constant'; readonly name: string; readonly value: unknown }
  | { readonly kind: 'allowOnly'; readonly fields: FieldSet };

/** Leaves an event out if one of the fields has a value for which this holds; an inverted one, if none has. */
export interface FieldFilter {
  readonly fields: FieldSet;
  readonly isInverted: boolean;
  holds(value: unknown): boolean;
}

/** What is said in place of properties when a filter leaves the event out. */
export const leftOut = Symbol('left out');

/** Filters properties and changes them. Undefined when it cannot, and another way has to. */
export type ChangeProperties = (event: CatalogueEvent) => Properties | typeof leftOut | undefined;

export function compileFilter({
  field,
  values,
  isInverted = false,
}: Extract<FieldRule, { filter: unknown }>['filter']): FieldFilter {
  const fields = fieldSetOf([field]);
  const wanted = values && new Set(values);
  const holds = (value: unknown): boolean => {
    if (value === null || value === undefined) return false;
    if (!wanted) return true;
    if (Array.isArray(value)) return value.some(holds);
    return typeof value === 'string'
      ? wanted.has(value)
      : typeof value !== 'object' && wanted.has(JSON.stringify(value));
  };
  return { fields, holds, isInverted };
}

/** Undefined for a filter, which changes nothing. */
export function compileRule(rule: FieldRule, hash: HashText): CompiledRule | undefined {
  if ('drop' in rule) return editOf(rule.drop.fields, { change: () => null });
  if ('hash' in rule) return editOf(rule.hash.fields, { change: (value) => hashed(value, hash) });
  if ('truncate' in rule) {
    const { fields, maxLength } = rule.truncate;
    return editOf(fields, { change: (value) => truncated(value, maxLength) });
  }
  if ('rename' in rule) return editOf([rule.rename.field], { change: (value) => value, to: rule.rename.to });
  if ('constant' in rule) return { kind: 'constant', ...rule.constant };
  if ('allowOnly' in rule) return { kind: 'allowOnly', fields: fieldSetOf(rule.allowOnly.fields) };
  return undefined;
}

function editOf(texts: readonly string[], edit: FieldEdit): CompiledRule {
  return { kind: 'edit', fields: fieldSetOf(texts), edit };
}

export function fieldSetOf(texts: readonly string[]): FieldSet {
  return new FieldSet(texts.map(pathOf));
}

/** Rules are checked before they are stored. */
function pathOf(text: string): FieldPath {
  const parsed = parseFieldPath(text);
  if ('fault' in parsed) throw new Error('a stored field rule has a field that cannot be read');
  return parsed.path;
}

/** Every text, number and boolean within. */
function hashed(value: unknown, hash: HashText): unknown {
  return mapLeaves(value, (leaf) => hash(String(leaf)));
}

/** Every text within, to so many Unicode code points. */
function truncated(value: unknown, maxLength: number): unknown {
  return mapLeaves(value, (leaf) => {
    if (typeof leaf !== 'string' || leaf.length <= maxLength) return leaf;
    let end = 0;
    // A code point beyond the Basic Multilingual Plane has two UTF-16 units.
    for (let points = 0; points < maxLength; points++) end += (leaf.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
    return leaf.slice(0, end).toWellFormed();
  });
}

function mapLeaves(value: unknown, change: (leaf: unknown) => unknown): unknown {
  if (value === null || value === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, change));
  if (!isRecord(value)) return change(value);
  const mapped: Record<string, unknown> = {};
  for (const name in value) setProperty(mapped, name, mapLeaves(value[name], change));
  return mapped;
}
