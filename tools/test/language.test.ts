import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A word or phrase that the project no longer uses, because the field has a term that readers know and can search for. */
interface RetiredWord {
  /**
   * Tried on each line in the form of `wordsOf`: lower case, identifiers split into words, so that `deed` finds
   * `recordDeed` and `ADMIN_DEED`. With `isExact` it is tried on the line as written.
   */
  readonly pattern: RegExp;
  readonly isExact?: boolean;
  readonly instead: string;
  /** A line that the pattern must match. */
  readonly example: string;
  /** Files to look in; all of them if absent. */
  readonly in?: RegExp;
}

const graphqlSchema = /^apps\/api\/schema\.graphql$/;
const documents =
  /^(apps\/api\/schema\.graphql|README\.md|ARCHITECTURE\.md|CONTRIBUTING\.md|\.env\.example|docs\/.*|packages\/.*\.md)$/;

const retired: readonly RetiredWord[] = [
  // Algorithms and parts under private names.
  { pattern: /\bdeeds?\b/, instead: 'audit entry, audit log', example: 'recordDeed(admin)' },
  { pattern: /\bpresence\b/, instead: 'worker lease, heartbeat', example: 'const presence = await announce()' },
  { pattern: /\bcensus\b/, instead: 'live workers', example: 'await census(sql)' },
  { pattern: /\bseated\b/, instead: 'DeliveryItem', example: 'items: readonly Seated[]' },
  { pattern: /\btakers?\b/, instead: 'route', example: 'takers: readonly Taker[]' },
  { pattern: /\b(setback|obstacle)s?\b/, instead: 'CurrentFailure', example: 'settleSetback(line)' },
  { pattern: /\bslabs?\b/, instead: 'bufferPool, block', example: 'const slabBytes = 8' },
  { pattern: /\brecall(s|ed|ing)?\b/, instead: 'requeue', example: 'await recall(sql, id)' },
  { pattern: /\blanes?\b/, instead: 'delivery loop', example: 'createLane(options)' },
  {
    pattern: /\bpace\b/,
    instead: 'adaptive concurrency',
    example: 'createPace()',
    in: /^packages\/core\/(src|test)\//,
  },
  { pattern: /\bwarm keys?\b/, instead: 'hot keys', example: 'createWarmKeys()' },
  {
    pattern: /\bmarks?\b/,
    instead: 'bucket (GCRA: theoretical arrival time)',
    example: 'readonly marks: number[]',
    in: /^(packages\/core\/src\/budget\/|docs\/decisions\/)/,
  },
  { pattern: /\bkeep\w* house\b|\bhouse\b/, instead: 'retention, cleanup', example: 'keepCohortHouse(deps)' },
  {
    pattern: /\b(shownKey|reveals|jsonRun|WrittenRun|quotaWatch|BudgetMove|NotWorking|noteTold|withoutGiven)\b/,
    isExact: true,
    instead:
      'authorizationHeader, containsSecret, JsonChunk, decodeText, batchReader, … (docs/decisions/0012-names.md)',
    example: 'reveals(text, secrets)',
  },
  { pattern: /\b(most|longest)[A-Z]|\bMOST_/, isExact: true, instead: 'max…', example: 'const mostBytes = 5' },
  { pattern: /\btell(s)?[A-Z]\w*/, isExact: true, instead: 'send…, deliver…, record…', example: 'tellChanges(sql)' },
  { pattern: /\btold[A-Z]\w*|\btold:/, isExact: true, instead: 'reported…, recorded…', example: 'toldAt: DateTime' },

  // People and places where there are none.
  { pattern: /\bwhoever\b/, instead: 'the subject itself: a caller, a client, an admin', example: 'Whoever asks' },
  { pattern: /\b(office|desk|marketer)s?\b/, instead: '…Harness', example: 'await openOffice()' },
  { pattern: /\bdoors?\b/, instead: 'endpoint, server, …Harness', example: 'The front door' },
  { pattern: /\bknock(s|ed)?\b/, instead: 'send a request', example: 'anybody may knock' },
  { pattern: /\baskers?\b/, instead: 'caller', example: 'what an asker reads' },
  { pattern: /\b(he|him|his|she|her)\b/, instead: 'the noun, or they', example: 'he gets the id' },
  { pattern: /\brooms\b/, instead: 'packages', example: 'the rooms of the project' },

  // Sentences that read as translated.
  { pattern: /\bany ?more\b/, instead: 'no longer', example: 'nobody wants it any more' },
  { pattern: /\bno more\b(?! than)/, instead: 'no longer, nothing else', example: 'is pulled no more' },
  { pattern: /\bof late\b(?!\))/, instead: 'recent', example: 'the fastest of late' },
  { pattern: /\bcome again\b/, instead: 'retry', example: 'asked to come again' },
  { pattern: /\bgood (token|key|credential)s?\b/, instead: 'valid', example: 'a good token' },
  { pattern: /\blikest\b/, instead: 'most similar', example: 'the likest first' },
  { pattern: /[«»]/, instead: 'backticks or quotes', example: 'wanted «a»' },
  {
    pattern: /\bwanted\b.*\b(came|something else|nothing)\b|['"`:] ?wanted\b/,
    instead: 'expected X, got Y',
    example: 'wanted a list; a number came',
  },

  {
    pattern: /\bfail(s|ed) by itself\b/,
    instead: 'failed with an internal error',
    example: 'an attempt failed by itself',
  },
  { pattern: /\bround and round\b/, instead: 'loop', example: 'it would go round and round' },
  {
    pattern: /\b(no|any|some|every)body\b|\btold\b|\bspoken for\b|\bin hand\b/,
    instead: 'the subject itself, or the passive',
    example: 'what nobody told',
    in: documents,
  },

  // Words of the GraphQL API.
  {
    pattern: /\b(change|forget|note|keep|register|follow|invalidate|stopPulling)[A-Z]\w*\(/,
    isExact: true,
    instead: 'create, update, delete, revoke, report, run',
    example: '  changeCurrent(id: ID!): X',
    in: graphqlSchema,
  },
  {
    pattern: /^\s+(given|good|possible|takes|takenBy|told|mend|hold|invalidFrom|more|nextCursor|days)\b.*:/,
    isExact: true,
    instead:
      'received…, isValid, allowedActions, supportedEventTypes, reported…, recovery, deferral, has…, dailyCounts',
    example: '  good: Boolean!',
    in: graphqlSchema,
  },
  {
    pattern: /^\s*"*(When|How|How many|Who|What|Why|Where|Never changes|Who said so)\."*$/,
    isExact: true,
    instead: 'a description with type, unit and range',
    example: '  """When."""',
    in: graphqlSchema,
  },
];

const root = join(import.meta.dirname, '../..');

/** Files that keep old words: history, other people's words, and this list. */
const ignored: readonly RegExp[] = [
  // Migrations of earlier releases describe the database as it was; they never change. 0006 renames it.
  /^packages\/core\/migrations\/(000[0-6]_|meta\/)/,
  // Databases of earlier releases, and recorded traffic of partners.
  /\/(fixtures|examples|upgrade\/releases)\//,
  /^(package-lock\.json|LICENSE)$/,
  /^tools\/test\/language\.test\.ts$/,
];
const generated = new Set(['node_modules', 'dist', 'coverage', '.git', '.nx', '.data', '.reports']);

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !generated.has(name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? filesIn(path) : [path];
    });
}

const files = filesIn('').filter(
  (path) =>
    /\.(ts|mjs|js|json|md|graphql|sql|ya?ml|sh|template)$|^\.env\.example$|^\.ci\//.test(path) &&
    !ignored.some((pattern) => pattern.test(path)),
);

/** The line's words in lower case; identifiers are split: `keepHouse` and `KEEP_HOUSE` become `keep house`. */
function wordsOf(line: string): string {
  return line
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
}

function find(path: string, text: string, words: readonly RetiredWord[] = retired): readonly string[] {
  const relevant = words.filter((word) => word.in?.test(path) ?? true);
  return text.split('\n').flatMap((line, index) => {
    const split = wordsOf(line);
    return relevant
      .filter(({ pattern, isExact }) => pattern.test(isExact === true ? line : split))
      .map(
        ({ pattern, instead }) => `${path}:${index + 1} ${pattern.source} → ${instead}: ${line.trim().slice(0, 120)}`,
      );
  });
}

describe('retired words:', () => {
  it.each(retired)('$pattern matches its example', (word) => {
    expect(find('docs/example.md', word.example, [{ ...word, in: /./ }])).toHaveLength(1);
  });

  it('no file contains one', () => {
    expect(files.length).toBeGreaterThan(500);
    const found = files.flatMap((path) => find(path, readFileSync(join(root, path), 'utf8')));
    expect(found).toEqual([]);
  });
});
