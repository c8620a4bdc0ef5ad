/** Whether a JSON text may hold half a surrogate pair. Only an escape can bring one in, for UTF-8 has no such thing. */
export function mayBeIllFormed(json: string): boolean {
  return json.includes('\\u') && /\\u[dD][89a-fA-F]/.test(json);
}

/**
 * The same value with every lone surrogate, in strings and in keys, replaced by U+FFFD; the very same value when there
 * is none. Nests as deep as what it is given, so that must be bounded.
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
