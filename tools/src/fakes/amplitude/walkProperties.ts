// Amplitude, HTTP V2 API: 40 layers, strings of 1024 characters.
const deepest = 40;
const maxString = 1024;

/** How many strings inside are longer than Amplitude keeps, or -1 when the object is nested too deeply. */
export function walkProperties(properties: Readonly<Record<string, unknown>>): number {
  return walk(properties, 1);
}

function walk(value: object, depth: number): number {
  if (depth > deepest) return -1;
  let cut = 0;
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key];
    if (typeof inner === 'string') {
      if (inner.length > maxString) cut++;
    } else if (typeof inner === 'object' && inner !== null) {
      const deeper = walk(inner, depth + 1);
      if (deeper < 0) return -1;
      cut += deeper;
    }
  }
  return cut;
}

/** The same value with every string as Amplitude keeps it. */
export function cutStrings(value: unknown): unknown {
  if (typeof value === 'string') return value.length > maxString ? value.slice(0, maxString) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cutStrings);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cutStrings(inner)]));
}
