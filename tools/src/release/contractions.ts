/**
 * The statements of a migration after which the release before it could fail, each with the reason. A release and the one
 * before it run side by side on one database, so a migration only adds; what the code no longer uses is removed in the
 * release after. A statement that is safe all the same follows a line `-- safe beside VERSION: why`, with the version of
 * the last release.
 */
export function findContractions(migration: string, lastVersion: string): readonly string[] {
  const statements = statementsOf(migration);
  const created = new Set(
    statements.flatMap(({ text }) => /^create table (?:if not exists )?(\S+)/.exec(text)?.[1] ?? []),
  );
  return statements.flatMap(({ text, comments }) => {
    const table = /^alter table (?:if exists )?(?:only )?(\S+)|^create unique index .*? on (\S+)/.exec(text);
    // The last release does not know what the same migration creates.
    if (created.has(table?.[1] ?? table?.[2] ?? '') || isExcused(comments, lastVersion)) return [];
    const parts = text.split(/,(?![^(]*\))/);
    return rules
      .filter(({ pattern }) => !isHarmless.test(text) && parts.some((part) => pattern.test(part)))
      .map(({ why }) => `${why}: ${text.slice(0, 160)}`);
  });
}

/** Statements that create something, or change rows. */
const isHarmless = /^(create (?!unique)|comment |insert |update |do )/;

interface Rule {
  /** Matched against each part of a statement between commas, in lower case. */
  readonly pattern: RegExp;
  readonly why: string;
}

const rules: readonly Rule[] = [
  {
    pattern: /\bdrop (?!not null|default|identity|expression)/,
    why: 'expected nothing to be dropped that the last release may use',
  },
  { pattern: /\brename\b/, why: 'expected the names that the last release uses' },
  { pattern: /\bset not null\b/, why: 'expected a column that the last release may leave null' },
  {
    pattern:
      /\badd (column )?(?!column|constraint|primary|unique|check|foreign|exclude)(?=.*\bnot null\b)(?!.*\b(default|generated)\b)/,
    why: 'expected a default for a column that the last release does not fill',
  },
  { pattern: /\balter (column )?\S+ (set data )?type\b/, why: 'expected the types that the last release stores' },
  {
    pattern: /\badd (constraint \S+ )?(primary key|unique|check|foreign key|exclude)\b/,
    why: 'expected rows of the last release to be accepted',
  },
  { pattern: /^create unique index\b/, why: 'expected rows of the last release to be accepted' },
  { pattern: /\btruncate\b/, why: 'expected the rows of the last release to stay' },
];

function isExcused(comments: string, lastVersion: string): boolean {
  return [...comments.matchAll(/-- safe beside (\d+\.\d+\.\d+): \S/g)].some(([, version]) => version === lastVersion);
}

interface Statement {
  /** In lower case, in one line, without comments and texts. */
  readonly text: string;
  /** The comments before it and in it. */
  readonly comments: string;
}

const token = /--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|'(?:[^']|'')*'|;|[^-/$';]+|[-/$']/g;

function statementsOf(migration: string): readonly Statement[] {
  const statements: Statement[] = [];
  let [text, comments] = ['', ''];
  for (const [part] of migration.matchAll(token)) {
    if (part === ';') {
      statements.push({ text: inOneLine(text), comments });
      [text, comments] = ['', ''];
    } else if (part.startsWith('--') || part.startsWith('/*')) comments += `${part}\n`;
    else text += /^['$]./s.test(part) ? "''" : part.toLowerCase();
  }
  return [...statements, { text: inOneLine(text), comments }].filter((statement) => statement.text !== '');
}

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
