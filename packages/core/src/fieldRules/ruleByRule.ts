import type { CatalogueEvent } from '@currents/schema';
import { leftOut, type CompiledRule, type FieldFilter } from './compiledRule.js';
import { leftOfProperty } from './contactDetails.js';
import { isEventName } from './eventName.js';
import { PropertiesDraft } from './propertiesDraft.js';

/** Filters, takes contact details out, and applies each rule in order: the meaning of rules, which `onePass.ts` has to keep. */
export function compileRuleByRule(
  rules: readonly CompiledRule[],
  filters: readonly FieldFilter[],
  isWithoutContactDetails: boolean,
) {
  return ({ event_type: eventType, properties }: CatalogueEvent) => {
    const draft = new PropertiesDraft(properties);
    for (const { fields, holds, isInverted } of filters) if (fields.some(draft, holds) !== isInverted) return leftOut;
    if (isWithoutContactDetails) removeContactDetails(draft, eventType);
    for (const rule of rules) applyRule(draft, rule);
    return draft.properties;
  };
}

function applyRule(draft: PropertiesDraft, rule: CompiledRule): void {
  if (rule.kind === 'edit') rule.fields.edit(draft, rule.edit);
  else if (rule.kind === 'constant') draft.set(rule.name, rule.value);
  else draft.replaceProperties(rule.fields.only(draft.properties));
}

function removeContactDetails(draft: PropertiesDraft, eventType: string): void {
  const { properties } = draft;
  for (const name in properties) {
    const value = properties[name];
    if (value === null || isEventName(eventType, name)) continue;
    const left = leftOfProperty(name, value);
    if (left !== value) draft.set(name, left);
  }
}
