/** An unknown behaviour of the real partner, with its possible values; the first is the default. */
export interface Switch<T> {
  readonly usual: T;
  readonly values: readonly T[];
  /** Whether a client must work with every value. */
  readonly matrix: boolean;
  /** Whether any positive number is allowed; `values` are the ones to test. */
  readonly open: boolean;
}

export type Switches = Readonly<Record<string, Switch<string | number | boolean>>>;

/** The current value of every switch. */
export type Profile<S extends Switches> = { readonly [Name in keyof S]: S[Name] extends Switch<infer T> ? T : never };

export function oneOf<const T extends string | number | boolean>(usual: T, ...others: readonly T[]): Switch<T> {
  return { usual, values: [usual, ...others], matrix: false, open: false };
}

export function onOff(usual: boolean): Switch<boolean> {
  return { usual, values: [usual, !usual], matrix: false, open: false };
}

export function anyNumber(usual: number, ...others: readonly number[]): Switch<number> {
  return { usual, values: [usual, ...others], matrix: false, open: true };
}

export function matrix<T>(single: Switch<T>): Switch<T> {
  return { ...single, matrix: true };
}

export function usualProfile<S extends Switches>(switches: S): Profile<S> {
  return Object.fromEntries(Object.entries(switches).map(([name, { usual }]) => [name, usual])) as Profile<S>;
}

/** The profile after a change. Throws for an unknown switch or value. */
export function turn<S extends Switches>(
  switches: S,
  profile: Profile<S>,
  change: Readonly<Record<string, unknown>>,
): Profile<S> {
  for (const [name, value] of Object.entries(change)) {
    const known = Object.hasOwn(switches, name) ? switches[name] : undefined;
    if (known === undefined)
      throw new Error(`unknown switch "${name}"; expected one of ${Object.keys(switches).join(', ')}`);
    const possible = known.open
      ? typeof value === 'number' && value > 0
      : (known.values as readonly unknown[]).includes(value);
    if (!possible) {
      const wanted = known.open ? 'a positive number' : `one of ${known.values.join(', ')}`;
      throw new Error(`switch ${name} cannot be ${JSON.stringify(value)}; expected ${wanted}`);
    }
  }
  return { ...profile, ...change };
}

/** Every profile that differs from the default in a single matrix switch; a client's tests run once with each. */
export function matrixOf<S extends Switches>(switches: S): readonly Partial<Profile<S>>[] {
  return Object.entries(switches).flatMap(([name, { matrix: inMatrix, values }]) =>
    inMatrix ? values.slice(1).map((value) => ({ [name]: value }) as Partial<Profile<S>>) : [],
  );
}
