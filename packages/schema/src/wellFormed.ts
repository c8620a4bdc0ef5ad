/** Whether a JSON text may contain a lone surrogate: only as an escape, since UTF-8 cannot encode one. */
export function mayBeIllFormed(json: string): boolean {
  return json.includes('\\u') && /\\u[dD][89a-fA-F]/.test(json);
}

/**
 * The value with every lone surrogate, in strings and keys, replaced by U+FFFD; the same object when there is none.
 * Recursive, so the depth of the value must be bounded.
 */
export function wellFormed<Value>(value: Value): Value {
  return repair(value) as Value;
}

function repair(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const repaired = value.map(repair);
    return repaired.every((item, place) => item === value[place]) ? value : repaired;
  }
  let same = true;
  const entries = Object.entries(value).map(([key, inner]): readonly [string, unknown] => {
    const entry = [key.toWellFormed(), repair(inner)] as const;
    same &&= entry[0] === key && entry[1] === inner;
    return entry;
  });
  // fromEntries keeps a key spelled `__proto__` as a key; assigning it would lose it.
  return same ? value : Object.fromEntries(entries);
}
