import type { Connector } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { fieldProblem, type FieldProblem } from '../admin/problem.js';
import { openCredentials } from '../loadCurrent.js';
import type { CurrentRow } from './currents.js';
import type { RotationRow } from './credentialRotation.js';
import type { Problems, Settings } from './settings.js';

interface Change {
  readonly connector: Pick<Connector, 'origins' | 'settings'>;
  /** Those after the change; undefined or problems when there are none to judge. */
  readonly settings: Settings | undefined;
  /** Whether the change brings credentials, too. */
  readonly hasCredentials: boolean;
  /** The Current's other credentials, staged or former ones. */
  readonly others?: RotationRow | undefined;
}

/**
 * An operator may change settings, and may not read credentials. So stored ones only go to the destination's own hosts and
 * to those that they were sent to before: settings that would send them elsewhere need them given again.
 */
export function checkCredentialReach(
  { seal }: Pick<Admin, 'seal'>,
  { id, credentials, settings: before }: CurrentRow,
  { connector, settings, hasCredentials, others }: Change,
): Problems | undefined {
  const origin = settings && newOrigin(connector, before, settings);
  if (origin === undefined) return undefined;
  if (!hasCredentials && credentials !== null && !isEmpty(credentials))
    return problem(
      'required',
      `expected them with these settings, because the stored ones were given for another host and would be sent to ${origin}; got none`,
    );
  // Giving credentials deletes the former ones.
  if (others && !(others.state === 'probation' && hasCredentials)) {
    const { word, remedy } = beside[others.state];
    return problem(
      'not_allowed',
      `expected no ${word} credentials beside them, because those were given for another host and could be sent to ${origin}; ${remedy} first`,
    );
  }
  return undefined;

  function isEmpty(sealed: Buffer): boolean {
    try {
      return Object.keys(openCredentials(seal, id, sealed) as object).length === 0;
    } catch {
      return false;
    }
  }
}

const beside = {
  staged: { word: 'staged', remedy: 'discard or promote them' },
  probation: { word: 'former', remedy: 'retire them' },
} as const;

function problem(code: FieldProblem['code'], message: string): Problems {
  return { problems: [fieldProblem('credentials', code, message)] };
}

function newOrigin(
  { origins, settings: schema }: Change['connector'],
  before: unknown,
  after: Settings,
): string | undefined {
  const stored = schema.safeParse(before);
  const known = [...origins(), ...(stored.success ? origins(stored.data) : [])];
  return origins(after).find((origin) => !known.includes(origin));
}
