import { parseArgs } from 'node:util';

/** An option of a command line; `Value` is the type of its value. */
export interface Option<Value> {
  readonly isFlag?: true;
  /** Names the value in `--help`, for example `FILE`. */
  readonly placeholder?: string;
  readonly help: string;
  readonly default: Value;
  /** Replaces the default when the command is given `--quick`. */
  readonly quick?: Value;
  /** Parses a value; returns a description of the expected value as a string on failure. */
  read(text: string): { readonly value: Value } | string;
}

/** Options by their names in camelCase; `requestEvents` is `--request-events` on the command line. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;
export type OptionValues<Table extends OptionTable> = { readonly [Name in keyof Table]: Table[Name]['default'] };

/** A whole number from `min` to `max`. */
export function number(fallback: number, min: number, max: number, help: string, quick = fallback): Option<number> {
  const usual = quick === fallback ? `${fallback}` : `${fallback}, with --quick ${quick}`;
  const read = (text: string) =>
    /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max
      ? { value: Number(text) }
      : `a whole number from ${min} to ${max}`;
  return { placeholder: 'N', help: `${help} (${usual})`, default: fallback, quick, read };
}

/** One of several words. */
export function choice<Word extends string, Default extends Word | undefined>(
  words: readonly Word[],
  fallback: Default,
  help: string,
): Option<Word | Default> {
  const usual = fallback === undefined ? '' : ` (${fallback})`;
  const read = (text: string) => {
    const value = words.find((word) => word === text);
    return value === undefined ? words.join(', ') : { value };
  };
  return { placeholder: 'WHICH', help: `${help}: ${words.join(', ')}${usual}`, default: fallback, read };
}

/** Any text. */
export function text<Default extends string | undefined>(
  placeholder: string,
  fallback: Default,
  help: string,
): Option<string | Default> {
  const usual = fallback === undefined ? '' : ` (${fallback})`;
  return { placeholder, help: `${help}${usual}`, default: fallback, read: (value) => ({ value }) };
}

export function flag(help: string): Option<boolean> {
  return { isFlag: true, help, default: false, read: () => ({ value: true }) };
}

export interface Command<Table extends OptionTable> {
  /** The command line, for example `npm run demo`. */
  readonly name: string;
  /** The description in `--help`. */
  readonly summary: string;
  readonly options: Table;
}

/** Runs a command with the options in `args`; prints its help instead, or the invalid options, with exit code 2. */
export async function runCommand<Table extends OptionTable>(
  command: Command<Table>,
  args: readonly string[],
  run: (options: OptionValues<Table>) => unknown,
): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return console.log(describeCommand(command));
  let options;
  try {
    options = readOptions(command.options, args);
  } catch (error) {
    console.error(`${command.name}: ${(error as Error).message}\nSee ${command.name} -- --help`);
    process.exitCode = 2;
    return;
  }
  await run(options);
}

/** Throws when an option is unknown or its value is not one of those expected. */
export function readOptions<Table extends OptionTable>(table: Table, args: readonly string[]): OptionValues<Table> {
  const types = Object.entries(table).map(
    ([name, { isFlag }]) => [flagOf(name), { type: isFlag ? ('boolean' as const) : ('string' as const) }] as const,
  );
  const { values } = parseArgs({ args: [...args], options: Object.fromEntries(types) });
  const valueOf = ([name, option]: [string, Option<unknown>]) => {
    const given = values[flagOf(name)];
    if (given === undefined) return [name, values['quick'] ? (option.quick ?? option.default) : option.default];
    const read = option.read(String(given));
    if (typeof read === 'string') throw new Error(`--${flagOf(name)}: expected ${read}, got ${JSON.stringify(given)}`);
    return [name, read.value];
  };
  return Object.fromEntries(Object.entries(table).map(valueOf)) as OptionValues<Table>;
}

function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function describeCommand({ name, summary, options }: Command<OptionTable>): string {
  const rows = Object.entries(options).map(
    ([key, { placeholder, help }]) => [`--${flagOf(key)}${placeholder ? ` ${placeholder}` : ''}`, help] as const,
  );
  const width = Math.max(...rows.map(([option]) => option.length)) + 2;
  const lines = [...rows, ['--help', 'prints this text'] as const].map(
    ([option, help]) => `  ${option.padEnd(width)}${help}`,
  );
  return [`${name} ${name.includes(' -- ') ? '[options]' : '[-- options]'}\n`, summary, '\nOptions:', ...lines].join(
    '\n',
  );
}
