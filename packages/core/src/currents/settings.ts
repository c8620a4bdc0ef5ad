import type { Connector } from '@currents/connector';
import { hasBaseUrl } from '../loadCurrent.js';
import type { Admin } from '../admin/admin.js';
import { publicWords } from './destinations.js';
import { problemsOf } from '../admin/issues.js';
import { fieldProblem, sentenceOf, type FieldProblem } from '../admin/problem.js';
import { reveals, secretsIn } from '../secrets/containsSecret.js';

export interface SettingsInvalid {
  readonly kind: 'SettingsInvalid';
  readonly message: string;
  readonly problems: readonly FieldProblem[];
}

export interface BaseUrlNotAllowed {
  readonly kind: 'BaseUrlNotAllowed';
  readonly message: string;
}

/** Never holds anything of the credentials that came. */
export interface CredentialsInvalid {
  readonly kind: 'CredentialsInvalid';
  readonly message: string;
  readonly problems: readonly FieldProblem[];
}

export type Settings = Readonly<Record<string, unknown>>;

/** Parses what an admin chose for a destination. The answer is what is stored: with its defaults said out loud. */
export function checkSettings(
  connector: Connector,
  given: unknown,
  { allowBaseUrl }: Pick<Admin, 'allowBaseUrl'>,
): { readonly settings: Settings } | SettingsInvalid | BaseUrlNotAllowed {
  const parsed = connector.settings.safeParse(given);
  if (!parsed.success) return settingsInvalid(problemsOf(parsed.error, 'settings'));
  const settings = parsed.data as Settings;
  if (holdsNul(settings))
    return settingsInvalid([fieldProblem('settings', 'malformed', 'expected text without NUL characters')]);
  if (hasBaseUrl(settings) && !allowBaseUrl) {
    return {
      kind: 'BaseUrlNotAllowed',
      message:
        'settings.baseUrl: events may only be sent to the destination’s own hosts here. ' +
        'An operator can allow it by starting the api and the workers with ALLOW_CUSTOM_BASE_URL=true',
    };
  }
  return { settings };
}

/**
 * Parses what a partner wants to be shown. A problem names fields and says what was wanted; should a message of the
 * schema's show anything of what came, it is replaced.
 */
export function checkCredentials(
  connector: Connector,
  given: unknown,
): { readonly credentials: unknown } | CredentialsInvalid {
  const parsed = connector.credentials.safeParse(given);
  if (parsed.success) return { credentials: parsed.data };
  const { fields, choices } = publicWords(connector.credentials);
  const secrets = secretsIn(given, new Set([...fields, ...choices]));
  const problems = problemsOf(parsed.error, 'credentials').map((problem) => {
    if (!problem.path.slice(1).every((part) => fields.has(part) || /^\d{1,3}$/.test(part))) {
      return fieldProblem('credentials', 'unknown_field', `expected only ${[...fields].join(', ')}, got another field`);
    }
    return reveals(problem.message, secrets) ? { ...problem, message: 'expected another form' } : problem;
  });
  return { kind: 'CredentialsInvalid', message: sentenceOf(problems), problems };
}

function settingsInvalid(problems: readonly FieldProblem[]): SettingsInvalid {
  return { kind: 'SettingsInvalid', message: sentenceOf(problems), problems };
}

/** Postgres keeps no NUL in JSON. */
function holdsNul(settings: Settings): boolean {
  return JSON.stringify(settings).includes('\\u0000');
}
