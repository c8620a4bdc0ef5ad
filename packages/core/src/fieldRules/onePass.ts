import { setProperty } from '@currents/connector';
import { leftOfProperty } from './contactDetails.js';
import { leftOut, type ChangeProperties, type CompiledRule, type FieldFilter } from './compiledRule.js';

type Change = (value: unknown) => unknown;

/** What the rules do, one after another, to a property of some name. */
interface Chain {
  /** Its name after them. */
  readonly to: string;
  /** Each gets what the one before leaves; null takes the property out, and ends the chain. */
  readonly changes: readonly Change[];
  /** Whether they change texts, numbers and booleans; if not, only lists and objects. */
  readonly changesLeaves: boolean;
  /** The filters that look at a property of this name at the top level, as bits. */
  readonly filters: number;
  /** Whether no rule is about texts, numbers and booleans of this name. */
  readonly keepsLeaves: boolean;
}

/** Names are few, so what the rules do to one is found once. A sender who invents names only empties the memory. */
const maxRemembered = 5_000;
const maxRememberedLength = 100;
const takenOut: Change = () => null;

/** Filters are bits of an integer. */
const maxFilters = 31;

/**
 * All filters and changes of properties in one pass: names that no rule is about cost one look-up, and the copy is made
 * property by property. Rule by rule, five rules cost twice as much, most of it for reading all properties again.
 *
 * A pass sees each property alone. It answers undefined where two may end with one name, and they are changed rule by rule;
 * the function itself is undefined where that depends on the rules alone.
 */
export function compileOnePass(
  allRules: readonly CompiledRule[],
  filters: readonly FieldFilter[],
  isWithoutContactDetails: boolean,
): ChangeProperties | undefined {
  const rules = allRules.filter((rule) => rule.kind !== 'edit' || rule.fields.hasProperties);
  // Nothing is copied where no property changes.
  if (rules.length === 0 && !isWithoutContactDetails) return undefined;
  const renames = rules.flatMap((rule) => (rule.kind === 'edit' && rule.edit.to !== undefined ? [rule] : []));
  const renamed = renames.flatMap(({ edit: { to } }) => to ?? []);
  const constants = rules.flatMap((rule, index) =>
    rule.kind === 'constant' ? { ...constantAfter(rule.value, chainOf(rule.name, index + 1)), name: rule.name } : [],
  );
  const added = [...renamed, ...constants.map(({ name }) => name)];
  if (filters.length > maxFilters) return undefined;
  if (new Set(added).size < added.length || renames.some(({ fields }) => fields.hasGlobsAtTop)) return undefined;

  // A filter that wants a value leaves the event out once a property has it; an inverted one, when none has.
  const wanting = bitsOf(filters, ({ isInverted }) => !isInverted);
  const inverted = bitsOf(filters, ({ isInverted }) => isInverted);
  const below = bitsOf(filters, ({ fields }) => fields.isBelowTop);
  const remembered = new Map<string, Chain>();

  function newChain(name: string): Chain {
    if (remembered.size >= maxRemembered) remembered.clear();
    const chain = chainOf(name, 0);
    if (name.length <= maxRememberedLength) remembered.set(name, chain);
    return chain;
  }

  function chainOf(name: string, firstRule: number): Chain {
    const changes: Change[] = [];
    const ownFilters = bitsOf(filters, ({ fields }) => fields.hitsAtTop(name));
    let to = name;
    let changesLeaves = false;
    if (isWithoutContactDetails && firstRule === 0) {
      changes.push((value) => leftOfProperty(name, value));
      changesLeaves = true;
    }
    for (const rule of rules.slice(firstRule)) {
      const at = to;
      if (rule.kind === 'constant') {
        if (rule.name === at)
          return { to, changes: [takenOut], changesLeaves: true, filters: ownFilters, keepsLeaves: false };
      } else if (rule.kind === 'allowOnly') {
        changes.push((value) => rule.fields.kept(at, value) ?? null);
        changesLeaves = true;
      } else {
        const { fields, edit } = rule;
        if (fields.hitsAtTop(at)) {
          changes.push(edit.change);
          changesLeaves = true;
          to = edit.to ?? at;
        }
        const after = to;
        if (fields.isBelowTop) changes.push((value) => fields.editBelow(after, value, edit));
      }
    }
    return { to, changes, changesLeaves, filters: ownFilters, keepsLeaves: !changesLeaves && ownFilters === 0 };
  }

  /** The filters that find their value in this property. */
  function findHolding(candidates: number, name: string, value: unknown, own: number): number {
    let holding = 0;
    for (let index = 0; index < filters.length; index++) {
      const bit = 1 << index;
      if ((candidates & bit) === 0) continue;
      const { fields, holds } = filters[index] as FieldFilter;
      if (((own & bit) !== 0 && holds(value)) || fields.someBelow(name, value, holds)) holding |= bit;
    }
    return holding;
  }

  return ({ properties }) => {
    for (const name of renamed) if (Object.hasOwn(properties, name)) return undefined;
    const left: Record<string, unknown> = {};
    let isChanged = constants.length > 0;
    let missing = inverted;
    for (const name in properties) {
      const value = properties[name];
      const chain = remembered.get(name) ?? newChain(name);
      const isNest = typeof value === 'object';
      if (chain.keepsLeaves && !isNest) {
        setProperty(left, name, value);
        continue;
      }
      const { to, changes, changesLeaves, filters: own } = chain;
      const candidates = isNest ? own | below : own;
      if (candidates !== 0) {
        const holding = findHolding(candidates, name, value, own);
        if ((holding & wanting) !== 0) return leftOut;
        missing &= ~holding;
      }
      if (value === null || !(changesLeaves || isNest)) {
        setProperty(left, name, value);
        continue;
      }
      const after = changed(value, changes);
      isChanged ||= after !== value || to !== name;
      if (after !== null) setProperty(left, to, after);
    }
    if (missing !== 0) return leftOut;
    if (!isChanged) return properties;
    for (const { to, value } of constants) if (value !== null) setProperty(left, to, value);
    return left;
  };
}

function bitsOf<Item>(items: readonly Item[], has: (item: Item) => boolean): number {
  return items.reduce((bits, item, index) => (has(item) ? bits | (1 << index) : bits), 0);
}

function constantAfter(value: unknown, { to, changes }: Chain): { readonly to: string; readonly value: unknown } {
  return { to, value: changed(value, changes) };
}

function changed(value: unknown, changes: readonly Change[]): unknown {
  let left = value;
  for (const change of changes) {
    left = change(left);
    if (left === null || left === undefined) return null;
  }
  return left;
}
