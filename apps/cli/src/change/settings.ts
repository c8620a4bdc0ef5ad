import { readFileSync } from 'node:fs';
import { CommandFailure, exitCodes } from '../failure.js';

export interface SettingsOptions {
  /** A file with a JSON object. */
  readonly settings?: string;
  /** `name=value`, which take precedence over the file. */
  readonly set?: readonly string[];
}

/** The JSON Schema of settings, as far as it is needed here. */
export interface SettingsSchema {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown }>>;
}

/** The settings that the options state. What is no text by the schema is read as JSON. Throws `CommandFailure`. */
export function readSettings(
  { settings: file, set = [] }: SettingsOptions,
  schema: SettingsSchema,
): Readonly<Record<string, unknown>> {
  const given = set.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw usage(`expected --set name=value, got ${JSON.stringify(pair)}`);
    const name = pair.slice(0, at);
    return [name, valueOf(name, pair.slice(at + 1), schema)] as const;
  });
  return { ...(file === undefined ? {} : readFile(file)), ...Object.fromEntries(given) };
}

function valueOf(name: string, text: string, { properties = {} }: SettingsSchema): unknown {
  const type = properties[name]?.type;
  if (type === undefined || type === 'string') return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usage(
      `expected --set ${name}= to have a value of the type ${JSON.stringify(type)}, got ${JSON.stringify(text)}`,
      error,
    );
  }
}

function readFile(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usage(`the file of --settings cannot be read: ${path} (${code})`, error);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
  } catch {
    // Below.
  }
  throw usage(`expected a JSON object in the file of --settings, got something else: ${path}`);
}

function usage(message: string, cause?: unknown): CommandFailure {
  return new CommandFailure(message, exitCodes.usage, { cause });
}
