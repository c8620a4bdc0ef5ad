import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { CommandFailure, exitCodes } from '../failure.js';
import { referencePattern, type CredentialsEntry } from './hubFile.js';

/** The values that references stand for. */
export type Secrets = Readonly<Record<string, string | undefined>>;

/** The variables of the environment and, before them, those of a file with lines such as `MIXPANEL_TOKEN=…`. */
export function readSecrets(environment: NodeJS.ProcessEnv, path: string | undefined): Secrets {
  if (path === undefined) return environment;
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandFailure(`the file of --secrets cannot be read: ${path} (${code})`, exitCodes.usage, {
      cause: error,
    });
  }
  return { ...environment, ...parseEnv(content) };
}

export type Resolved = { readonly values: Readonly<Record<string, string>> } | { readonly missing: readonly string[] };

/** The credentials themselves, or the names of the variables that are not set. */
export function resolveCredentials(entry: CredentialsEntry, secrets: Secrets): Resolved {
  const values: Record<string, string> = {};
  const missing: string[] = [];
  for (const [field, text] of Object.entries(entry) as [string, string][]) {
    const [, variable] = referencePattern.exec(text) ?? [];
    const value = variable === undefined ? text : secrets[variable];
    if (value) values[field] = value;
    else missing.push(variable ?? field);
  }
  return missing.length > 0 ? { missing } : { values };
}

/** References for credentials that a hub has: a variable for each field, named after the Current. They may have no field. */
export function referencesFor(
  currentName: string,
  { kind, fields }: { readonly kind: string | null; readonly fields: readonly string[] },
  taken: Set<string>,
): CredentialsEntry {
  const prefix = variableName(currentName);
  let own = prefix;
  for (let count = 2; taken.has(own); count++) own = `${prefix}_${count}`;
  taken.add(own);
  const references = [...fields]
    .sort()
    .map((field) => [field, `\${env:${own}_${variableName(field.replace(/([a-z])([A-Z])/g, '$1_$2'))}}`]);
  return { ...(kind !== null && { kind }), ...(Object.fromEntries(references) as Record<string, string>) };
}

/** Capitals, digits and underscores, which begin with a letter. */
function variableName(text: string): string {
  const name = text
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 100);
  return /^[A-Z]/.test(name) ? name : `C_${name}`;
}
