/** One property that every connector has, and how to check it. */
export interface Law {
  readonly name: string;
  /** Throws, or rejects, when the connector does not have the property. */
  prove(): void | Promise<void>;
}

export function law(name: string, prove: Law['prove']): Law {
  return { name, prove };
}

/** One law per entry, with the entry's key at the end of its name. */
export function lawsFor<Entry>(
  entries: readonly (readonly [key: string, entry: Entry])[],
  name: string,
  prove: (entry: Entry) => void | Promise<void>,
): Law[] {
  return entries.map(([key, entry]) => law(`${name}: ${key}`, () => prove(entry)));
}

export const snakeCase = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
export const maxDetailLength = 500;

export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

/** Freezes a value and everything in it: a later write throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
