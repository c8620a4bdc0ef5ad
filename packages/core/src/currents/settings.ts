import { pastedFault, trimPasted, type Connector } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { problemsOf } from '../admin/issues.js';
import { fieldProblem, type FieldProblem } from '../admin/problem.js';
import { ownUrlSetting } from '../loadCurrent.js';
import { publicWords } from './destinations.js';
import { shownWords } from './redactAnswer.js';

export type Settings = Readonly<Record<string, unknown>>;

export interface Problems {
  readonly problems: readonly FieldProblem[];
}

/** Parses the settings of a destination. The result is what is stored: with its defaults. */
export function checkSettings(
  connector: Pick<Connector, 'settings' | 'origins'>,
  given: unknown,
  { allowBaseUrl }: Pick<Admin, 'allowBaseUrl'>,
): { readonly settings: Settings } | Problems {
  const parsed = connector.settings.safeParse(withoutBlanks(given));
  if (!parsed.success) return { problems: problemsOf(parsed.error, 'settings') };
  const settings = parsed.data as Settings;
  if (holdsNul(settings))
    return { problems: [fieldProblem('settings', 'malformed', 'expected text without NUL characters')] };
  const ownUrl = allowBaseUrl ? undefined : ownUrlSetting(connector, settings);
  if (ownUrl !== undefined) {
    const message =
      ownUrl === 'baseUrl'
        ? 'events may only be sent to the destination’s own hosts here; an operator can allow other hosts by starting the api and the workers with ALLOW_CUSTOM_BASE_URL=true'
        : 'expected a URL that begins with https://; to allow http://, an operator starts the api and the workers with ALLOW_CUSTOM_BASE_URL=true';
    return { problems: [fieldProblem(`settings.${ownUrl}`, 'not_allowed', message)] };
  }
  return { settings };
}

/** JSON Merge Patch (RFC 7396): objects are merged, null removes a member, and anything else replaces what was there. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/**
 * Parses the credentials of a destination. A problem names fields and says what was expected; what a message of the
 * schema repeats of what came is hidden. What was pasted along with a secret is left out or refused, for all
 * destinations alike: see `pastedFault`.
 */
export function checkCredentials(
  connector: Pick<Connector, 'credentials'>,
  pasted: unknown,
): { readonly credentials: unknown } | Problems {
  const given = withoutBlanks(pasted);
  const parsed = connector.credentials.safeParse(given);
  const { fields } = publicWords(connector.credentials);
  const faults = faultsOf(given, fields);
  if (parsed.success) return faults.length > 0 ? { problems: faults } : { credentials: parsed.data };
  const shown = shownWords(connector, given);
  const problems = problemsOf(parsed.error, 'credentials').map((problem) => {
    if (!problem.path.slice(1).every((part) => fields.has(part) || /^\d{1,3}$/.test(part)))
      return fieldProblem('credentials', 'unknown_field', `expected only ${[...fields].join(', ')}, got another field`);
    return { ...problem, message: shown(problem.message) };
  });
  const isNamed = ({ path }: FieldProblem): boolean => faults.some((fault) => fault.path[1] === path[1]);
  return { problems: [...faults, ...problems.filter((problem) => !isNamed(problem))] };
}

function faultsOf(credentials: unknown, fields: ReadonlySet<string>): readonly FieldProblem[] {
  if (!isObject(credentials)) return [];
  return Object.entries(credentials).flatMap(([name, value]) => {
    const fault = fields.has(name) && typeof value === 'string' ? pastedFault(value) : undefined;
    return fault === undefined
      ? []
      : [fieldProblem(`credentials.${name}`, 'malformed', `expected the value alone, got ${fault}`)];
  });
}

/** The same JSON, with the texts of its upper levels trimmed: no destination has deeper ones. */
function withoutBlanks(value: unknown, levels = 4): unknown {
  if (typeof value === 'string') return trimPasted(value);
  if (!isObject(value) || levels === 0) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutBlanks(inner, levels - 1)]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Postgres stores no NUL in JSON. */
function holdsNul(settings: Settings): boolean {
  return JSON.stringify(settings).includes('\\u0000');
}
