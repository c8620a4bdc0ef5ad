import type { Connector } from '@currents/connector';
import { catalogue } from '@currents/schema';
import { z } from 'zod';
import type { Admin } from '../admin/admin.js';
import { fieldProblem } from '../admin/problem.js';
import type { Problems } from './settings.js';
import { engineReasons } from './reasons.js';

/** A partner product, with everything an admin's form for it needs. */
export interface Destination {
  readonly name: string;
  readonly label: string;
  /** JSON Schema of the settings, descriptions included. */
  readonly settingsSchema: JsonSchema;
  /** JSON Schema of the credentials. */
  readonly credentialsSchema: JsonSchema;
  readonly supportedEventTypes: readonly SupportedEventType[];
  /** Why an event may be skipped or rejected. */
  readonly reasons: readonly Reason[];
}

export interface SupportedEventType {
  readonly eventTypeName: string;
  /** What such events are called at the destination. */
  readonly eventName: string;
}

export interface Reason {
  readonly code: string;
  readonly description: string;
}

type JsonSchema = Readonly<Record<string, unknown>>;

export function listDestinations({ connectors }: Pick<Admin, 'connectors'>): readonly Destination[] {
  return [...connectors.values()].map(describe);
}

/** The connector of a destination, or that there is none. */
export function findConnector({ connectors }: Pick<Admin, 'connectors'>, name: string): Connector | Problems {
  const connector = connectors.get(name);
  if (connector) return connector;
  const known = [...connectors.keys()];
  const message = `expected ${known.join(' or ')}, got ${JSON.stringify(name.slice(0, 100))}`;
  return { problems: [fieldProblem('destination', 'unknown_value', message, known)] };
}

/** What an answer may say of credentials: the names of the fields in their schema, and its fixed choices. */
export interface PublicWords {
  readonly fields: ReadonlySet<string>;
  readonly choices: ReadonlySet<string>;
}

const known = new WeakMap<z.ZodType, PublicWords>();

export function publicWords(schema: z.ZodType): PublicWords {
  let words = known.get(schema);
  if (!words) known.set(schema, (words = readWords(schema)));
  return words;
}

function readWords(schema: z.ZodType): PublicWords {
  const fields = new Set<string>();
  const choices = new Set<string>();
  const rest: unknown[] = [jsonSchemaOf(schema)];
  for (const next of rest) {
    if (typeof next !== 'object' || next === null) continue;
    const {
      properties,
      enum: several,
      const: only,
    } = next as { properties?: object; enum?: unknown[]; const?: unknown };
    if (properties) for (const name of Object.keys(properties)) fields.add(name);
    for (const choice of [...(several ?? []), only]) if (typeof choice === 'string') choices.add(choice);
    rest.push(...(Object.values(next) as unknown[]));
  }
  return { fields, choices };
}

function describe(connector: Connector): Destination {
  const { name, label, settings, credentials, reasons } = connector;
  return {
    name,
    label,
    settingsSchema: jsonSchemaOf(settings),
    credentialsSchema: jsonSchemaOf(credentials),
    supportedEventTypes: catalogue.flatMap(({ name: eventTypeName }) => {
      const eventName = connector.nameOf(eventTypeName);
      return eventName === undefined ? [] : [{ eventTypeName, eventName }];
    }),
    reasons: Object.entries({ ...engineReasons, ...reasons }).map(([code, description]) => ({ code, description })),
  };
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}
