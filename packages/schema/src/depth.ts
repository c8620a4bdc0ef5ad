import { mayBeInexact } from './inexactNumbers.js';

/** JSON.stringify overflows the stack of Node 20 above about 3,000 levels; destinations accept far fewer. */
export const maxLevels = 100;

/**
 * Whether lists and objects have more levels than allowed; `value` itself is the first.
 * @param notes receives whether digits of a number may be lost, within the allowed levels.
 */
export function nestsBeyond(allowed: number, value: object, notes?: { mayLoseDigits: boolean }): boolean {
  if (allowed === 0) return true;
  if (Array.isArray(value)) return value.some((inner) => goesBeyond(allowed, inner, notes));
  for (const key in value) {
    if (goesBeyond(allowed, (value as Readonly<Record<string, unknown>>)[key], notes)) return true;
  }
  return false;
}

function goesBeyond(allowed: number, inner: unknown, notes?: { mayLoseDigits: boolean }): boolean {
  if (isNest(inner)) return nestsBeyond(allowed - 1, inner, notes);
  if (notes !== undefined && typeof inner === 'number' && mayBeInexact(inner)) notes.mayLoseDigits = true;
  return false;
}

/** JSON.stringify for results of JSON.parse of any depth. */
export function writeJson(value: unknown): string {
  if (!isNest(value) || !nestsBeyond(maxLevels, value)) return JSON.stringify(value);

  const pieces: string[] = [];
  const ahead: (string | { readonly value: unknown })[] = [{ value }];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (typeof next === 'string') pieces.push(next);
    else if (Array.isArray(next.value)) {
      ahead.push(']');
      next.value.toReversed().forEach((value, place) => ahead.push(...(place > 0 ? [','] : []), { value }));
      ahead.push('[');
    } else if (isNest(next.value)) {
      ahead.push('}');
      Object.entries(next.value)
        .reverse()
        .forEach(([key, value], place) =>
          ahead.push(...(place > 0 ? [','] : []), { value }, `${JSON.stringify(key)}:`),
        );
      ahead.push('{');
    } else pieces.push(JSON.stringify(next.value));
  }
  return pieces.join('');
}

function isNest(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
