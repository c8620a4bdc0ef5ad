/**
 * Where a rule applies. A name alone is every property with this name, at any depth. A path begins at the event:
 * `properties.custom_properties.plan`, `user.external_user_id`. Lists add no level to a path. In each part `*` stands for
 * any characters; `\` takes the meaning from a full stop, an asterisk or itself.
 */
export type FieldPath =
  | { readonly kind: 'name'; readonly name: FieldName }
  /** Below `properties`. */
  | { readonly kind: 'path'; readonly names: readonly FieldName[] }
  | { readonly kind: 'user'; readonly field: UserField };

export interface FieldName {
  /** The text without escapes; undefined when it has a wildcard. */
  readonly exact: string | undefined;
  matches(name: string): boolean;
}

export const userFields = ['external_user_id', 'device_id', 'timezone'] as const;
export type UserField = (typeof userFields)[number];

const maxLength = 300;
const maxParts = 10;
const maxWildcards = 4;

/** Returns what was expected and what came when the text is no field. */
export function parseFieldPath(text: string): { readonly path: FieldPath } | { readonly fault: string } {
  const got = `got ${JSON.stringify(text.slice(0, 100))}`;
  if (text.length > maxLength) return { fault: `expected at most ${maxLength} characters, got ${text.length}` };
  if (!text.isWellFormed() || text.includes('\0')) return { fault: 'expected well-formed text without NUL' };
  const parts = splitParts(text);
  if (parts === undefined) return { fault: `expected "\\" only before ".", "*" or "\\", ${got}` };
  if (parts.length > maxParts) return { fault: `expected at most ${maxParts} parts, got ${parts.length}` };
  if (parts.some((part) => part.join('') === '' && part.length === 1))
    return { fault: `expected a name or a path such as "properties.custom_properties.plan", ${got}` };
  if (parts.some((part) => part.length > maxWildcards + 1))
    return { fault: `expected at most ${maxWildcards} "*" in a name, ${got}` };
  const names = parts.map(nameOf);
  const [first, ...rest] = names as [FieldName, ...FieldName[]];
  if (rest.length === 0) return { path: { kind: 'name', name: first } };
  if (first.exact === 'properties') return { path: { kind: 'path', names: rest } };
  const field = first.exact === 'user' && rest.length === 1 ? userFieldOf(rest[0]?.exact) : undefined;
  if (field !== undefined) return { path: { kind: 'user', field } };
  const paths = `"properties.…"${userFields.map((name) => `, "user.${name}"`).join('')}`;
  return { fault: `expected a name, or a path such as ${paths}, ${got}; a full stop within a name is written "\\."` };
}

function userFieldOf(name: string | undefined): UserField | undefined {
  return userFields.find((field) => field === name);
}

/** Parts of a path, each split at its wildcards. */
function splitParts(text: string): string[][] | undefined {
  const parts: string[][] = [['']];
  let part = parts[0] as string[];
  const add = (character: string): void => void (part[part.length - 1] += character);
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '\\') {
      const next = text[++at];
      if (next !== '.' && next !== '*' && next !== '\\') return undefined;
      add(next);
    } else if (character === '.') parts.push((part = ['']));
    else if (character === '*') part.push('');
    else add(character);
  }
  return parts;
}

function nameOf(pieces: readonly string[]): FieldName {
  const first = pieces[0] as string;
  if (pieces.length === 1) return { exact: first, matches: (name) => name === first };
  const initial = first.charCodeAt(0);
  // Most names differ in their first character, and to compare it takes a tenth of the time.
  const mayMatch = (name: string): boolean => first === '' || name.charCodeAt(0) === initial;
  return { exact: undefined, matches: (name) => mayMatch(name) && matchesGlob(name, pieces) };
}

/** Each piece between two wildcards is taken where it first occurs, which finds a match if there is one, in linear time. */
function matchesGlob(name: string, pieces: readonly string[]): boolean {
  const first = pieces[0] as string;
  const last = pieces[pieces.length - 1] as string;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (let index = 1; index < pieces.length - 1; index++) {
    const piece = pieces[index] as string;
    const found = name.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
