import { isRecord, type CatalogueEvent } from '@currents/schema';
import { setProperty } from '@currents/connector';
import { holdsContactDetails, isContactName, treatmentOf } from './contactDetails.js';
import { EventDraft } from './eventDraft.js';
import { parseFieldPath, type FieldPath } from './fieldPath.js';
import type { FieldRule, FieldRules } from './fieldRule.js';
import { FieldSet, type FieldEdit } from './fieldSet.js';
import type { HashText } from './hashValue.js';

/** The event as the rules leave it; undefined when a filter leaves it out. Never changes the event that it is given. */
export type ApplyFieldRules = (event: CatalogueEvent) => CatalogueEvent | undefined;

type Step = (draft: EventDraft) => void;
/** Sees the event as it came. */
type Filter = (draft: EventDraft, event: CatalogueEvent) => boolean;

/** The customer's own name for such an event is what the event is called at a destination. No rule changes it. */
const customEvent = 'users.behaviors.CustomEvent';
const isEventName = (eventType: string, name: string): boolean => name === 'name' && eventType === customEvent;

/** Makes one function of the rules. Filters see the event as it came, then contact details go, then each rule in order. */
export function compileFieldRules({ isWithoutContactDetails, rules }: FieldRules, hash: HashText): ApplyFieldRules {
  const filters = rules.flatMap((rule) => ('filter' in rule ? compileFilter(rule.filter) : []));
  if (isWithoutContactDetails)
    filters.push((_draft, { event_type, properties }) => hasContactName(event_type, properties));
  const steps = rules.flatMap((rule) => compileStep(rule, hash) ?? []);
  return (event) => {
    const draft = new EventDraft(event);
    for (const leavesOut of filters) if (leavesOut(draft, event)) return undefined;
    if (isWithoutContactDetails) removeContactDetails(draft, event.event_type);
    for (const step of steps) step(draft);
    keepEventName(draft, event);
    return draft.event();
  };
}

/** Whether a rule hashes this id of users. */
export function hashesId({ rules }: FieldRules, field: 'external_user_id' | 'device_id'): boolean {
  return rules.some((rule) => 'hash' in rule && fieldSetOf(rule.hash.fields).userFields.includes(field));
}

function fieldSetOf(texts: readonly string[]): FieldSet {
  return new FieldSet(texts.map(pathOf));
}

/** Rules are checked before they are stored. */
function pathOf(text: string): FieldPath {
  const parsed = parseFieldPath(text);
  if ('fault' in parsed) throw new Error('a stored field rule has a field that cannot be read');
  return parsed.path;
}

function compileFilter({
  field,
  values,
  isInverted = false,
}: Extract<FieldRule, { filter: unknown }>['filter']): Filter {
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
  const [userField] = fields.userFields;
  return (draft) =>
    (userField === undefined ? fields.some(draft, holds) : holds(draft.userField(userField))) !== isInverted;
}

function compileStep(rule: FieldRule, hash: HashText): Step | undefined {
  if ('drop' in rule) return editStep(rule.drop.fields, { change: () => null });
  if ('hash' in rule) return editStep(rule.hash.fields, { change: (value) => hashed(value, hash) });
  if ('truncate' in rule) {
    const { fields, maxLength } = rule.truncate;
    return editStep(fields, { change: (value) => truncated(value, maxLength) });
  }
  if ('rename' in rule) return editStep([rule.rename.field], { change: (value) => value, to: rule.rename.to });
  if ('constant' in rule) {
    const { name, value } = rule.constant;
    return (draft) => draft.set(name, value);
  }
  if ('allowOnly' in rule) {
    const fields = fieldSetOf(rule.allowOnly.fields);
    return (draft) => draft.replaceProperties(fields.only(draft.properties));
  }
  return undefined;
}

function editStep(texts: readonly string[], edit: FieldEdit): Step {
  const fields = fieldSetOf(texts);
  return (draft) => {
    fields.edit(draft, edit);
    for (const field of fields.userFields) {
      const value = draft.userField(field);
      // An empty id is none, and its hash would be one user for all.
      if (value) draft.setUser(field, edit.change(value) as string | null);
    }
  };
}

/** Every text, number and boolean within. */
function hashed(value: unknown, hash: HashText): unknown {
  return mapLeaves(value, (leaf) => hash(String(leaf)));
}

/** Every text within, to so many Unicode code points. */
function truncated(value: unknown, maxLength: number): unknown {
  return mapLeaves(value, (leaf) => {
    if (typeof leaf !== 'string' || leaf.length <= maxLength) return leaf;
    // A code point has at most two UTF-16 units.
    return Array.from(leaf.slice(0, 2 * maxLength))
      .slice(0, maxLength)
      .join('')
      .toWellFormed();
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

function keepEventName(draft: EventDraft, { event_type: eventType, properties }: CatalogueEvent): void {
  if (isEventName(eventType, 'name') && draft.properties['name'] !== properties['name'])
    draft.set('name', properties['name']);
}

/** The name of a custom event cannot be taken out of it, so an event that is called by an address is left out. */
function hasContactName(eventType: string, { name }: CatalogueEvent['properties']): boolean {
  return isEventName(eventType, 'name') && typeof name === 'string' && holdsContactDetails(name);
}

function removeContactDetails(draft: EventDraft, eventType: string): void {
  const { properties } = draft;
  for (const name in properties) {
    const value = properties[name];
    if (value === null || isEventName(eventType, name)) continue;
    const treatment = treatmentOf(name);
    if (treatment === 'keep') continue;
    const left = treatment === 'drop' && typeof value !== 'boolean' ? null : withoutContactDetails(value);
    if (left !== value) draft.set(name, left ?? null);
  }
}

/** Undefined when nothing is left; the same value when there are none in it. Names of such properties go with them. */
function withoutContactDetails(value: unknown): unknown {
  if (typeof value === 'string') return holdsContactDetails(value) ? undefined : value;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const left = items.map(withoutContactDetails);
    return left.some((item, index) => item !== items[index]) ? left.filter((item) => item !== undefined) : value;
  }
  if (!isRecord(value)) return value;
  const left: Record<string, unknown> = {};
  let isChanged = false;
  for (const name in value) {
    const inner = value[name];
    const isDropped = (isContactName(name) && typeof inner !== 'boolean') || holdsContactDetails(name);
    const kept = isDropped ? undefined : withoutContactDetails(inner);
    isChanged ||= kept !== inner;
    if (kept !== undefined) setProperty(left, name, kept);
  }
  return isChanged ? left : value;
}
