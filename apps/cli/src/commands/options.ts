import { InvalidArgumentError, Option, type Command } from 'commander';
import { readTime } from '../output/time.js';

/** Parses a whole number from 1. */
function readLimit(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1 to 999999.');
  return Number(text);
}

/** `--limit`: how many a list shows. */
export function withLimit(command: Command, fallback: number): Command {
  return command.addOption(new Option('--limit <count>', 'how many to show').argParser(readLimit).default(fallback));
}

/** `--from` and `--to`. */
export function withTimes(command: Command, what: string): Command {
  return command
    .option(
      '--from <time>',
      `only ${what} at this time or later: 2026-11-30T09:00:00Z, or a span before now such as 24h`,
      readTime,
    )
    .option('--to <time>', `only ${what} before this time`, readTime);
}

/** Values of an option that may be given several times, or separated by commas; in capitals for the enums of the API. */
export function readList(text: string, former: readonly string[] | undefined): readonly string[] {
  return [...(former ?? []), ...text.split(',').map((word) => word.trim())];
}

export function readEnumList(text: string, former: readonly string[] | undefined): readonly string[] {
  return readList(enumOf(text), former);
}

/** An enum value of the API, which may be typed in small letters and with hyphens. */
export function enumOf(text: string): string {
  return text.toUpperCase().replaceAll('-', '_');
}

/** Adds an example to the help of a command. */
export function withExample(command: Command, ...examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExample:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
}

/** The object without its undefined values. */
export function given<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<Value>;
}
