import { readFileSync, statSync } from 'node:fs';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { CommandFailure, exitCodes } from '../failure.js';
import { hubFileSchema, hubFileVersion, type HubFile } from './hubFile.js';

const maxBytes = 10_000_000;
const maxShown = 20;
/** An alias repeats what it names, so a few lines could stand for more than fits into memory. */
const maxAliases = 100;

type Path = readonly PropertyKey[];

/** What is wrong at a place of the file. */
interface Fault {
  readonly line: number | undefined;
  readonly message: string;
}

/** Reads a file in YAML or JSON. Throws `CommandFailure` that lists what is wrong with it, and where. */
export function readHubFile(path: string): HubFile {
  return parseHubFile(readText(path), path);
}

/** @param name how messages name the file. */
export function parseHubFile(content: string, name: string): HubFile {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number): number => lines.linePos(offset).line;
  // The messages of the parser may repeat what stands in the file.
  const [unreadable] = document.errors;
  if (unreadable) throw unusable(name, [{ line: lineOf(unreadable.pos[0]), message: yamlFault(unreadable.code) }]);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: maxAliases });
  } catch {
    throw unusable(name, [{ line: undefined, message: `expected at most ${maxAliases} aliases, got more` }]);
  }
  checkVersion(value, name);
  const parsed = hubFileSchema.safeParse(value, { error: describeIssue });
  if (!parsed.success)
    throw unusable(
      name,
      parsed.error.issues.map((issue) => faultOf(issue, document, lineOf)),
    );
  const doubled = doubledNames(parsed.data).map(({ path, message }) => ({
    line: lineAt(document, path, lineOf),
    message: `${pathText(path)}: ${message}`,
  }));
  if (doubled.length > 0) throw unusable(name, doubled);
  return parsed.data;
}

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > maxBytes)
      throw new CommandFailure(`expected a file of at most ${maxBytes} bytes, got ${size}: ${path}`, exitCodes.usage);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandFailure(`the file cannot be read: ${path} (${code})`, exitCodes.usage, { cause: error });
  }
}

function yamlFault(code: string): string {
  return code === 'DUPLICATE_KEY'
    ? 'expected each key of an object once, got one twice'
    : `expected YAML or JSON, got a line that is neither (${code})`;
}

function checkVersion(value: unknown, name: string): void {
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (typeof version !== 'number' || version <= hubFileVersion) return;
  throw new CommandFailure(
    `${name}: expected version ${hubFileVersion}, got ${version}: a later release wrote this file; use its command line`,
    exitCodes.usage,
  );
}

/** What was expected and what the file has. Called for what the form itself refuses; the form has words of its own for the rest. */
function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  const got = describeValue(issue.input);
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${typeWords[issue.expected] ?? issue.expected}, got ${got}`;
    case 'invalid_value':
      return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}, got ${got}`;
    case 'unrecognized_keys':
      return `expected only known fields, got ${issue.keys.map((key) => JSON.stringify(key.slice(0, 60))).join(', ')}`;
    case 'too_small':
      return `expected at least ${String(issue.minimum)} ${issue.origin === 'array' ? 'item' : 'character'}, got ${got}`;
    case 'invalid_union':
      return `expected text, a number, true or false, got ${got}`;
    case 'invalid_format':
      return issue.format === 'datetime' ? `expected a time such as 2026-11-30T09:00:00Z, got ${got}` : undefined;
    default:
      return undefined;
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text (in quotes where YAML reads something else)',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
};

function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return JSON.stringify(typeof value === 'string' ? value.slice(0, 60) : value);
}

function faultOf(issue: z.core.$ZodIssue, document: Document, lineOf: (offset: number) => number): Fault {
  const [key] = issue.code === 'unrecognized_keys' ? issue.keys : [];
  return {
    line: lineAt(document, key === undefined ? issue.path : [...issue.path, key], lineOf),
    message: `${pathText(issue.path)}${issue.path.length > 0 ? ': ' : ''}${issue.message}`,
  };
}

/** Such as `currents[0].settings`. */
function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

/** The line of what is at the path, or of the nearest that is around it. */
function lineAt(document: Document, path: Path, lineOf: (offset: number) => number): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetAt(document, path.slice(0, length));
    if (offset !== undefined) return lineOf(offset);
  }
  return undefined;
}

function offsetAt(document: Document, path: Path): number | undefined {
  const around = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  const last = path.at(-1);
  const pair = isMap(around) ? around.items.find(({ key }) => isScalar(key) && key.value === last) : undefined;
  if (pair && isNode(pair.key)) return pair.key.range?.[0];
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Things are matched by their names, ignoring case as the hub does. */
function doubledNames(file: HubFile): readonly { readonly path: Path; readonly message: string }[] {
  return [
    ...doubledIn('currents', file.currents, ({ name }) => name),
    ...doubledIn('importPartners', file.importPartners, (name) => name),
    ...doubledIn('cohorts', file.cohorts, ({ partner, id }) => `${partner}/${id}`),
    ...doubledIn('segments', file.segments, ({ name }) => name),
    ...doubledIn('noticeWebhooks', file.noticeWebhooks, (url) => url),
    ...doubledIn('ingestTokens', file.ingestTokens, ({ name }) => name),
  ];
}

function doubledIn<Entry>(section: string, entries: readonly Entry[] = [], nameOf: (entry: Entry) => string) {
  const seen = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    const name = nameOf(entry);
    const former = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), former ?? index);
    if (former === undefined) return [];
    const message = `expected each name once, got ${JSON.stringify(name)} at ${section}[${former}], too; upper and lower case count as the same`;
    return [{ path: [section, index], message }];
  });
}

function unusable(name: string, faults: readonly Fault[]): CommandFailure {
  const lines = faults
    .slice(0, maxShown)
    .map(({ line, message }) => `\n  ${line === undefined ? '' : `line ${line}: `}${message}`);
  const rest = faults.length > maxShown ? `\n  … and ${faults.length - maxShown} more` : '';
  return new CommandFailure(`${name} is not usable:${lines.join('')}${rest}`, exitCodes.usage);
}
