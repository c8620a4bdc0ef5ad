import type { CatalogueEvent, EventUser } from '@currents/schema';
import { compileFilter, compileRule, fieldSetOf, leftOut } from './compiledRule.js';
import { holdsContactDetails } from './contactDetails.js';
import { isEventName } from './eventName.js';
import type { FieldRules } from './fieldRule.js';
import type { HashText } from './hashValue.js';
import { compileOnePass } from './onePass.js';
import type { Properties } from './propertiesDraft.js';
import { compileRuleByRule } from './ruleByRule.js';

/** The event as the rules leave it; undefined when a filter leaves it out. Never changes the event that it is given. */
export type ApplyFieldRules = (event: CatalogueEvent) => CatalogueEvent | undefined;

/** Makes one function of the rules. Filters see the event as it came, then contact details go, then each rule in order. */
export function compileFieldRules({ isWithoutContactDetails, rules }: FieldRules, hash: HashText): ApplyFieldRules {
  const filters = rules.flatMap((rule) => ('filter' in rule ? compileFilter(rule.filter) : []));
  const userFilters = filters.filter(({ fields }) => fields.userFields.length > 0);
  const propertyFilters = filters.filter(({ fields }) => fields.userFields.length === 0);
  const changes = rules.flatMap((rule) => compileRule(rule, hash) ?? []);
  const userChanges = changes.flatMap((change) =>
    change.kind === 'edit' && change.fields.userFields.length > 0 ? [change] : [],
  );
  const changeInOnePass = compileOnePass(changes, propertyFilters, isWithoutContactDetails);
  const changeRuleByRule = compileRuleByRule(changes, propertyFilters, isWithoutContactDetails);
  return (event) => {
    const { event_type: eventType, properties: source, user } = event;
    for (const { fields, holds, isInverted } of userFilters)
      if (fields.userFields.some((field) => holds(user[field])) !== isInverted) return undefined;
    if (isWithoutContactDetails && hasContactName(eventType, source)) return undefined;
    const properties = changeInOnePass?.(event) ?? changeRuleByRule(event);
    if (properties === leftOut) return undefined;
    if (properties === source && userChanges.length === 0) return event;
    return { ...event, user: changedUser(user), properties: withEventName(eventType, source, properties) };
  };

  function changedUser(user: EventUser): EventUser {
    let left = user;
    for (const { fields, edit } of userChanges)
      for (const field of fields.userFields) {
        const value = left[field];
        // An empty id is none, and its hash would be one user for all.
        if (value) left = { ...left, [field]: edit.change(value) as string | null };
      }
    return left;
  }
}

/** Whether a rule hashes this id of users. */
export function hashesId({ rules }: FieldRules, field: 'external_user_id' | 'device_id'): boolean {
  return rules.some((rule) => 'hash' in rule && fieldSetOf(rule.hash.fields).userFields.includes(field));
}

function withEventName(eventType: string, source: Properties, properties: Properties): Properties {
  return isEventName(eventType, 'name') && properties['name'] !== source['name']
    ? { ...properties, name: source['name'] }
    : properties;
}

/** The name of a custom event cannot be taken out of it, so an event that is called by an address is left out. */
function hasContactName(eventType: string, { name }: CatalogueEvent['properties']): boolean {
  return isEventName(eventType, 'name') && typeof name === 'string' && holdsContactDetails(name);
}
