import { readFileSync } from 'node:fs';
import { CommandFailure, exitCodes } from '../failure.js';
import type { Session, Surroundings } from '../session.js';

export interface CredentialsOptions {
  /** A file, or `-` for standard input. */
  readonly credentialsFile?: string;
}

/** The JSON Schema of credentials, as far as it is needed here. */
export interface CredentialsSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
}

export const credentialsVariable = 'CURRENTS_CREDENTIALS';
const maxCharacters = 65_536;

/**
 * Credentials out of a file, standard input or the variable `CURRENTS_CREDENTIALS`: a JSON object, or the value itself
 * where the destination has a single one. They are never an option: every account of a machine sees the arguments of a
 * process. Throws `CommandFailure`, whose message repeats no part of them.
 */
export async function readCredentials(
  { environment, terminal }: Pick<Surroundings, 'environment' | 'terminal'>,
  { isConfirmed }: Pick<Session, 'isConfirmed'>,
  { credentialsFile: file }: CredentialsOptions,
  { properties = {} }: CredentialsSchema,
): Promise<Readonly<Record<string, unknown>>> {
  const fields = Object.keys(properties);
  if (file === '-' && !isConfirmed)
    throw usage('expected --yes with --credentials-file -, because standard input cannot confirm as well');
  const [text, origin] =
    file === undefined
      ? [environment['CURRENTS_CREDENTIALS'] ?? '', `the variable ${credentialsVariable}`]
      : file === '-'
        ? [await terminal.readInput(maxCharacters), 'standard input']
        : [readText(file), `the file ${file}`];
  return parse(text.trim(), origin, fields);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usage(`the file of --credentials-file cannot be read: ${path} (${code})`, error);
  }
}

function parse(text: string, origin: string, fields: readonly string[]): Readonly<Record<string, unknown>> {
  if (text === '')
    throw usage(
      `expected credentials in ${origin}, got none; set ${credentialsVariable}, or --credentials-file to a file with ${fields.join(', ')}`,
    );
  if (text.length > maxCharacters) throw usage(`expected at most ${maxCharacters} characters in ${origin}, got more`);
  const object = readObject(text);
  if (object) return object;
  const [only] = fields;
  if (only !== undefined && fields.length === 1 && /^\S+$/.test(text)) return { [only]: text };
  throw usage(
    `expected a JSON object with ${fields.join(', ')} in ${origin}, got something else, which is not repeated here`,
  );
}

function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function usage(message: string, cause?: unknown): CommandFailure {
  return new CommandFailure(message, exitCodes.usage, { cause });
}
