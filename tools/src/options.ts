import { parseArgs } from 'node:util';

interface Described {
  readonly help: string;
}

/** A whole number. `quick` replaces the default when the command is given `--quick`. */
export interface NumberOption extends Described {
  readonly type: 'number';
  readonly default: number;
  readonly quick?: number;
  readonly min: number;
  readonly max: number;
}

export interface ChoiceOption extends Described {
  readonly type: 'choice';
  readonly choices: readonly string[];
  readonly default?: string;
}

/** Any text; `value` names it in `--help`, for example `FILE`. */
export interface TextOption extends Described {
  readonly type: 'text';
  readonly value: string;
  readonly default?: string;
}

export interface FlagOption extends Described {
  readonly type: 'flag';
}

export type Option = NumberOption | ChoiceOption | TextOption | FlagOption;

/** Options by their names in camelCase; `requestEvents` is `--request-events` on the command line. */
export type OptionTable = Readonly<Record<string, Option>>;

type Given<O extends Option, Value> = O extends { readonly default: string } ? Value : Value | undefined;
type ValueOf<O extends Option> = O extends NumberOption
  ? number
  : O extends FlagOption
    ? boolean
    : O extends ChoiceOption
      ? Given<O, O['choices'][number]>
      : Given<O, string>;
export type OptionValues<Table extends OptionTable> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

export interface Command<Table extends OptionTable> {
  /** How it is started, for example `npm run demo`. */
  readonly name: string;
  /** What it does, for `--help`. */
  readonly summary: string;
  readonly options: Table;
}

/** Runs a command with the options in `args`; prints its help instead, or, with exit code 2, what is wrong with them. */
export async function runCommand<const Table extends OptionTable>(
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
export function readOptions<const Table extends OptionTable>(
  table: Table,
  args: readonly string[],
): OptionValues<Table> {
  const types = Object.entries(table).map(([name, { type }]) => [flagOf(name), { type: parsedAs(type) }] as const);
  const { values } = parseArgs({ args: [...args], options: Object.fromEntries(types) });
  const read = ([name, option]: [string, Option]) => [
    name,
    valueOf(`--${flagOf(name)}`, option, values[flagOf(name)], values['quick'] === true),
  ];
  return Object.fromEntries(Object.entries(table).map(read)) as OptionValues<Table>;
}

function parsedAs(type: Option['type']): 'boolean' | 'string' {
  return type === 'flag' ? 'boolean' : 'string';
}

function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function valueOf(flag: string, option: Option, given: string | boolean | undefined, isQuick: boolean): unknown {
  if (option.type === 'flag') return given === true;
  if (given === undefined)
    return option.type === 'number' && isQuick ? (option.quick ?? option.default) : option.default;
  if (option.type === 'number') {
    const value = /^\d+$/.test(given as string) ? Number(given) : NaN;
    if (value >= option.min && value <= option.max) return value;
    throw new Error(`${flag}: expected a whole number from ${option.min} to ${option.max}, got "${given}"`);
  }
  if (option.type === 'choice' && !option.choices.includes(given as string))
    throw new Error(`${flag}: expected ${option.choices.join(', ')}, got "${given}"`);
  return given;
}

export function describeCommand({ name, summary, options }: Command<OptionTable>): string {
  const rows = Object.entries(options).map(([key, option]) => [
    `--${flagOf(key)}${placeholderOf(option)}`,
    textOf(option),
  ]);
  rows.push(['--help', 'prints this text']);
  const width = Math.max(...rows.map(([flag = '']) => flag.length)) + 2;
  return [
    `${name} [-- options]\n`,
    summary,
    '\nOptions:',
    ...rows.map(([flag = '', text]) => `  ${flag.padEnd(width)}${text}`),
  ].join('\n');
}

function placeholderOf(option: Option): string {
  if (option.type === 'flag') return '';
  return ` ${option.type === 'number' ? 'N' : option.type === 'text' ? option.value : 'WHICH'}`;
}

function textOf(option: Option): string {
  const choices = option.type === 'choice' ? `: ${option.choices.join(', ')}` : '';
  const quick = option.type === 'number' && option.quick !== undefined ? `, with --quick ${option.quick}` : '';
  const usual = option.type !== 'flag' && option.default !== undefined ? ` (${option.default}${quick})` : '';
  return `${option.help}${choices}${usual}`;
}
