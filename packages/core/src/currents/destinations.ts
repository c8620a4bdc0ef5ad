import type { Connector } from '@currents/connector';
import { catalogue } from '@currents/schema';
import { z } from 'zod';
import type { Admin } from '../admin/admin.js';
import { fieldProblem } from '../admin/problem.js';
import type { Problems } from './settings.js';
import { engineReasons } from './reasons.js';

export function listDestinations({ connectors }: Pick<Admin, 'connectors'>) {
  return [...connectors.values()].map((connector) => {
    let description = descriptions.get(connector);
    if (!description) descriptions.set(connector, (description = describe(connector)));
    return description;
  });
}

/** A query asks for the description of each of 200 Currents' destinations. */
const descriptions = new WeakMap<Connector, ReturnType<typeof describe>>();

/** The connector of a destination, or that there is none. */
export function findConnector({ connectors }: Pick<Admin, 'connectors'>, name: string): Connector | Problems {
  const connector = connectors.get(name);
  if (connector) return connector;
  const known = [...connectors.keys()];
  const message = `expected ${known.join(' or ')}, got ${JSON.stringify(name.slice(0, 100))}`;
  return { problems: [fieldProblem('destination', 'unknown_value', message, known)] };
}

const known = new WeakMap<z.ZodType, ReturnType<typeof readWords>>();

/** What an answer may say of credentials: the names of the fields in their schema, and its fixed choices. */
export function publicWords(schema: z.ZodType) {
  let words = known.get(schema);
  if (!words) known.set(schema, (words = readWords(schema)));
  return words;
}

function readWords(schema: z.ZodType) {
  const fields = new Set<string>();
  const choices = new Set<string>();
  const rest: unknown[] = [jsonSchemaOf(schema)];
  for (const next of rest) {
    if (typeof next !== 'object' || next === null) continue;
    const { properties = {}, ...choice } = next as { properties?: object; enum?: unknown[]; const?: unknown };
    for (const name of Object.keys(properties)) fields.add(name);
    for (const word of [...(choice.enum ?? []), choice.const]) if (typeof word === 'string') choices.add(word);
    rest.push(...(Object.values(next) as unknown[]));
  }
  return { fields, choices };
}

/** A partner product, with everything an admin's form for it needs. */
function describe(connector: Connector) {
  const { name, label, settings, credentials, reasons } = connector;
  return {
    name,
    label,
    /** JSON Schema, descriptions included. */
    settingsSchema: jsonSchemaOf(settings),
    credentialsSchema: jsonSchemaOf(credentials),
    /** With what such events are called at the destination. */
    supportedEventTypes: catalogue.flatMap(({ name: eventTypeName }) => {
      const eventName = connector.nameOf(eventTypeName);
      return eventName === undefined ? [] : [{ eventTypeName, eventName }];
    }),
    /** Why an event may be skipped or rejected. */
    reasons: Object.entries({ ...engineReasons, ...reasons }).map(([code, description]) => ({ code, description })),
  };
}

/** The fields of a form, as JSON Schema. */
export function jsonSchemaOf(schema: z.ZodType): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}
