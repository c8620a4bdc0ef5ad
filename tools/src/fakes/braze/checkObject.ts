import type { AttributeValue } from './workspace.js';

/** An element of `attributes` that Braze takes. */
export interface CheckedObject {
  /** `external:` or `alias:` and the id. */
  readonly user: string;
  readonly externalId: string | undefined;
  readonly isUpdateOnly: boolean;
  readonly attributes: readonly (readonly [name: string, value: AttributeValue])[];
}

/** `code` and a sentence that may stand for it. `isFatal`: the whole request may be refused for it. */
export interface ObjectProblem {
  readonly code: string;
  readonly sentence: string;
  readonly isFatal?: boolean;
}

const identifiers = ['external_id', 'user_alias', 'braze_id'] as const;
/** Braze, Track users: an external id has at most 987 bytes. */
const maxIdBytes = 987;
const controlWords = new Set<string>([...identifiers, '_update_existing_only', 'push_token_import']);

/** Checks an attributes object as strictly as the documentation speaks, and allows only what a segment export needs. */
export function checkObject(given: unknown): CheckedObject | ObjectProblem {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { code: 'BAD_OBJECT', sentence: 'expected an object', isFatal: true };
  const object = given as Readonly<Record<string, unknown>>;
  const named = identifiers.filter((name) => object[name] !== undefined);
  if (named.length !== 1)
    return {
      code: named.length === 0 ? 'NO_IDENTIFIER' : 'TWO_IDENTIFIERS',
      sentence: `expected exactly one of ${identifiers.join(', ')}`,
      isFatal: true,
    };
  const user = userOf(object);
  if (typeof user !== 'string') return user;
  const attributes: (readonly [string, AttributeValue])[] = [];
  for (const [name, value] of Object.entries(object)) {
    if (controlWords.has(name)) continue;
    if (name.length > 255 || !/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || (typeof value !== 'boolean' && value !== null))
      return { code: 'BAD_ATTRIBUTE', sentence: `the attribute ${name.slice(0, 20)} cannot be set`, isFatal: true };
    attributes.push([name, value]);
  }
  const onlyUpdates = object['_update_existing_only'];
  if (onlyUpdates !== undefined && typeof onlyUpdates !== 'boolean')
    return { code: 'BAD_OBJECT', sentence: '_update_existing_only is no boolean', isFatal: true };
  return {
    user,
    externalId: typeof object['external_id'] === 'string' ? object['external_id'] : undefined,
    // Braze, User attributes object: for aliases update-only is the default.
    isUpdateOnly: onlyUpdates ?? object['user_alias'] !== undefined,
    attributes,
  };
}

function userOf(object: Readonly<Record<string, unknown>>): string | ObjectProblem {
  const { external_id: externalId, user_alias: alias } = object;
  if (externalId !== undefined) {
    if (typeof externalId !== 'string' || externalId.trim() === '')
      return { code: 'BAD_EXTERNAL_ID', sentence: 'external_id is no text' };
    if (Buffer.byteLength(externalId) > maxIdBytes)
      return { code: 'EXTERNAL_USER_ID_TOO_LARGE', sentence: "'external_id' must be fewer than 988 bytes" };
    return `external:${externalId}`;
  }
  const { alias_name: name, alias_label: label } = (alias ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof label !== 'string' || name === '' || label === '')
    return { code: 'BAD_USER_ALIAS', sentence: 'user_alias needs alias_name and alias_label' };
  return `alias:${label}:${name}`;
}
