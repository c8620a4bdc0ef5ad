/**
 * Copies free properties, each behind a prefix, without null, which means absent on the wire. `__proto__` becomes an
 * ordinary property instead of changing the target's prototype.
 */
export function copyProperties(
  target: Record<string, unknown>,
  source: Readonly<Record<string, unknown>>,
  prefix = '',
): void {
  for (const key in source) {
    const value = source[key];
    if (value !== null && value !== undefined) setProperty(target, prefix + key, value);
  }
}

/** Plain assignment, except that a key called `__proto__` becomes an ordinary property. */
export function setProperty(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}
