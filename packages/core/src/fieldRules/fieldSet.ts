import { setProperty } from '@currents/connector';
import { isRecord } from '@currents/schema';
import type { PropertiesDraft, Properties } from './propertiesDraft.js';
import type { FieldName, FieldPath, UserField } from './fieldPath.js';

/** What is done with the value of a field. */
export interface FieldEdit {
  /** The same value leaves the event as it is; null takes the field out. */
  change(value: unknown): unknown;
  /** The field's new name. */
  readonly to?: string;
}

type Paths = readonly (readonly FieldName[])[];

/** The fields of one rule, arranged so that usual ones are found without looking at all properties. */
export class FieldSet {
  readonly userFields: readonly UserField[];
  /** Properties at the top level. */
  private readonly direct: readonly string[];
  private readonly directGlobs: readonly FieldName[];
  private readonly exactNames: ReadonlySet<string>;
  private readonly globs: readonly FieldName[];
  private readonly paths: Paths;
  /** Whether a field may be within another one. */
  readonly isBelowTop: boolean;

  constructor(fields: readonly FieldPath[]) {
    this.userFields = fields.flatMap((field) => (field.kind === 'user' ? field.field : []));
    const names = fields.flatMap((field) => (field.kind === 'name' ? field.name : []));
    this.paths = fields.flatMap((field) => (field.kind === 'path' ? [field.names] : []));
    const top = [...names, ...this.paths.flatMap(([first, ...rest]) => (first && rest.length === 0 ? first : []))];
    this.direct = [...new Set(top.flatMap(({ exact }) => exact ?? []))];
    this.directGlobs = top.filter(({ exact }) => exact === undefined);
    this.exactNames = new Set(names.flatMap(({ exact }) => exact ?? []));
    this.globs = names.filter(({ exact }) => exact === undefined);
    this.isBelowTop = names.length > 0 || this.paths.some(({ length }) => length > 1);
  }

  edit(draft: PropertiesDraft, edit: FieldEdit): void {
    const before = draft.properties;
    for (const name of this.direct) if (Object.hasOwn(before, name)) editTop(draft, name, before[name], edit);
    if (this.directGlobs.length > 0)
      for (const name in before)
        // Once, also where the name is given and a glob matches it: the hash of a hash is another one.
        if (!this.direct.includes(name) && this.directGlobs.some((glob) => glob.matches(name)))
          editTop(draft, name, before[name], edit);
    if (!this.isBelowTop) return;
    for (const name of draft.nestNames()) {
      const value = draft.properties[name];
      const edited = this.editBelow(name, value, edit);
      if (edited !== value) draft.set(name, edited);
    }
  }

  /** Whether a property of this name at the top level is one of the fields. */
  hitsAtTop(name: string): boolean {
    return this.direct.includes(name) || this.directGlobs.some((glob) => glob.matches(name));
  }

  /** Whether one of the fields is a property. */
  get hasProperties(): boolean {
    return this.isBelowTop || this.direct.length > 0 || this.hasGlobsAtTop;
  }

  get hasGlobsAtTop(): boolean {
    return this.directGlobs.length > 0;
  }

  /** Edits what is within a property at the top level; the same value when nothing in it was changed. */
  editBelow(name: string, value: unknown, edit: FieldEdit): unknown {
    return typeof value === 'object' ? this.editNested(value, advance(this.paths, name), edit) : value;
  }

  /** What is left of the properties when all others are taken out. */
  only(properties: Properties): Properties {
    const kept: Record<string, unknown> = {};
    for (const name in properties) {
      const left = this.kept(name, properties[name]);
      if (left !== undefined && left !== null) setProperty(kept, name, left);
    }
    return kept;
  }

  /** Whether one of the fields has a value for which this holds. */
  some(draft: PropertiesDraft, holds: (value: unknown) => boolean): boolean {
    const { properties } = draft;
    for (const name of this.direct) if (Object.hasOwn(properties, name) && holds(properties[name])) return true;
    if (this.directGlobs.length > 0)
      for (const name in properties)
        if (this.directGlobs.some((glob) => glob.matches(name)) && holds(properties[name])) return true;
    if (!this.isBelowTop) return false;
    return draft.nestNames().some((name) => this.someBelow(name, properties[name], holds));
  }

  /** The same of what is within a property at the top level. */
  someBelow(name: string, value: unknown, holds: (value: unknown) => boolean): boolean {
    return this.isBelowTop && this.holdsIn(value, advance(this.paths, name), holds);
  }

  /** What is left of a property when all others are taken out; undefined when nothing is. */
  kept(name: string, value: unknown, paths = this.paths): unknown {
    if (this.isHit(name, paths)) return value;
    return typeof value === 'object' && value !== null ? this.keptOf(value, advance(paths, name)) : undefined;
  }

  /** Undefined when nothing is left. */
  private keptOf(value: unknown, paths: Paths): unknown {
    if (Array.isArray(value)) {
      const items = value.map((item) => this.keptOf(item, paths)).filter((item) => item !== undefined);
      return items.length > 0 ? items : undefined;
    }
    if (!isRecord(value)) return undefined;
    const left: Record<string, unknown> = {};
    for (const name in value) {
      const inner = this.kept(name, value[name], paths);
      if (inner !== undefined) setProperty(left, name, inner);
    }
    return Object.keys(left).length > 0 ? left : undefined;
  }

  private holdsIn(value: unknown, paths: Paths, holds: (value: unknown) => boolean): boolean {
    if (Array.isArray(value)) return value.some((item) => this.holdsIn(item, paths, holds));
    if (!isRecord(value)) return false;
    for (const name in value) {
      const inner = value[name];
      if (this.isHit(name, paths) && holds(inner)) return true;
      if (typeof inner === 'object' && inner !== null && this.holdsIn(inner, advance(paths, name), holds)) return true;
    }
    return false;
  }

  /** The same value when nothing in it was changed. */
  private editNested(value: unknown, paths: Paths, edit: FieldEdit): unknown {
    if (Array.isArray(value)) {
      const items: readonly unknown[] = value;
      const edited = items.map((item) => this.editNested(item, paths, edit));
      return edited.some((item, index) => item !== items[index]) ? edited : value;
    }
    if (!isRecord(value)) return value;
    let edited: Record<string, unknown> | undefined;
    let renamed: Record<string, unknown> | undefined;
    for (const name in value) {
      const inner = value[name];
      const isHit = this.isHit(name, paths);
      const next = isHit ? edit.change(inner) : this.editNested(inner, advance(paths, name), edit);
      const to = isHit ? edit.to : undefined;
      if (edited === undefined) {
        if (next === inner && to === undefined) continue;
        edited = membersBefore(value, name);
      }
      if (isHit && next === null && inner !== null) continue;
      if (to === undefined) setProperty(edited, name, next);
      else setProperty((renamed ??= {}), to, next);
    }
    if (edited === undefined) return value;
    if (renamed) for (const name in renamed) setProperty(edited, name, renamed[name]);
    return edited;
  }

  private isHit(name: string, paths: Paths): boolean {
    if (this.exactNames.has(name)) return true;
    if (this.globs.length > 0 && this.globs.some((glob) => glob.matches(name))) return true;
    return paths.length > 0 && paths.some(([first, ...rest]) => rest.length === 0 && first?.matches(name) === true);
  }
}

function editTop(draft: PropertiesDraft, name: string, value: unknown, { change, to }: FieldEdit): void {
  if (value === null || value === undefined) return;
  const next = change(value);
  if (to !== undefined) {
    draft.set(name, null);
    draft.set(to, next);
  } else if (next !== value) draft.set(name, next);
}

/** A copy of the members that come before one. */
function membersBefore(value: Properties, end: string): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const name in value) {
    if (name === end) break;
    setProperty(members, name, value[name]);
  }
  return members;
}

const noPaths: Paths = [];

/** The rest of those paths that go on below this name. */
function advance(paths: Paths, name: string): Paths {
  if (paths.length === 0) return noPaths;
  return paths.flatMap(([first, ...rest]) => (rest.length > 0 && first?.matches(name) === true ? [rest] : []));
}
