import type { Connector } from '@currents/connector';
import type { Sql } from './db/connect.js';
import type { current } from './db/schema.js';
import { readFieldRules } from './fieldRules/fieldRule.js';
import { withFieldRules } from './fieldRules/withFieldRules.js';
import { SealedByLaterRelease, type Seal } from './secrets/seal.js';

/** The connectors by name, as the apps list them. */
export type Connectors = ReadonlyMap<string, Connector>;

/** A Current that can be used: its connector, parsed settings and opened credentials. */
export interface LoadedCurrent {
  readonly currentId: number;
  readonly version: number;
  /** With the Current's field rules: it maps what they leave of an event. */
  readonly connector: Connector;
  readonly settings: unknown;
  readonly credentials: unknown;
  /** Whether the credentials were promoted, and no event was delivered with them yet. */
  readonly isUnproven: boolean;
  /** The longest time in milliseconds for which due events gather before a request. */
  readonly lingerMs: number;
}

/** Why a Current cannot be used; a person must act. */
interface UnusableCurrent {
  readonly code:
    | 'no_connector'
    | 'settings_invalid'
    | 'field_rules_unreadable'
    | 'credentials_missing'
    | 'credentials_unreadable'
    | 'base_url_not_allowed';
  readonly detail: string;
}

export interface LoadCurrentOptions {
  readonly connectors: Connectors;
  readonly seal: Seal;
  /** Whether the settings of a Current may name a base URL. */
  readonly allowBaseUrl: boolean;
}

export function sealCredentials(seal: Seal, currentId: number, credentials: unknown): Buffer {
  return seal.seal(JSON.stringify(credentials), `current:${currentId}`);
}

/** Throws when they were wiped, or sealed with another master key, for another Current, or by a later release. */
export function openCredentials(seal: Seal, currentId: number, sealed: Buffer | null): unknown {
  return JSON.parse(seal.open(sealed ?? Buffer.alloc(0), `current:${currentId}`));
}

export const credentialsMissing = 'the Current has no credentials; set them with updateCurrent';

/** Why `openCredentials` failed and what to do, for people. */
export function credentialsUnreadable(error: unknown): string {
  return error instanceof SealedByLaterRelease
    ? 'a later release of the hub sealed the stored credentials; run that release, or give them again'
    : 'the stored credentials do not open with this MASTER_KEY; give them again';
}

type Row = Pick<
  typeof current.$inferSelect,
  'version' | 'destination' | 'settings' | 'credentials' | 'lingerMs' | 'fieldRules'
> & {
  readonly isUnproven: boolean;
};

/** Loads one Current. Undefined when it does not exist. */
export async function loadCurrent(
  sql: Sql,
  currentId: number,
  options: LoadCurrentOptions,
): Promise<LoadedCurrent | UnusableCurrent | undefined> {
  const [row] = await sql<Row[]>`
    select version, destination, settings, credentials, linger_ms as "lingerMs", field_rules as "fieldRules",
      exists (
        select from credential_rotation r where r.current_id = c.id and r.state = 'probation' and r.first_delivered_at is null
      ) as "isUnproven"
    from current c where id = ${currentId}`;
  return row && openCurrent(row, currentId, options);
}

function openCurrent(
  row: Row,
  currentId: number,
  { connectors, seal, allowBaseUrl }: LoadCurrentOptions,
): LoadedCurrent | UnusableCurrent {
  const connector = connectors.get(row.destination);
  if (!connector) return { code: 'no_connector', detail: `this worker has no connector named ${row.destination}` };
  const settings = connector.settings.safeParse(row.settings);
  if (!settings.success)
    return {
      code: 'settings_invalid',
      detail: `the stored settings are not valid for this version of the ${connector.label} connector`,
    };
  if (!allowBaseUrl && ownUrlSetting(connector, settings.data) !== undefined) {
    return {
      code: 'base_url_not_allowed',
      detail:
        'the Current has a base URL of its own or one without encryption, and this worker does not allow that (ALLOW_CUSTOM_BASE_URL)',
    };
  }
  const rules = readFieldRules(row.fieldRules);
  if (!rules) return { code: 'field_rules_unreadable', detail: fieldRulesUnreadable };
  if (row.credentials === null) return { code: 'credentials_missing', detail: credentialsMissing };
  let credentials: unknown;
  try {
    credentials = openCredentials(seal, currentId, row.credentials);
  } catch (error) {
    return { code: 'credentials_unreadable', detail: credentialsUnreadable(error) };
  }
  const { version, lingerMs, isUnproven } = row;
  return {
    currentId,
    version,
    connector: withFieldRules(connector, rules, seal),
    settings: settings.data,
    credentials,
    lingerMs,
    isUnproven,
  };
}

/** Without them, what they drop would be sent. */
export const fieldRulesUnreadable =
  'a later release of the hub stored the field rules of the Current; run that release, or set them again';

/**
 * The setting whose URL the operator has to allow: a base URL in place of the destination's own host, or a URL without
 * encryption. Undefined when there is none.
 */
export function ownUrlSetting({ origins }: Pick<Connector, 'origins'>, settings: unknown): string | undefined {
  if (typeof settings !== 'object' || settings === null) return undefined;
  if ('baseUrl' in settings && settings.baseUrl !== undefined) return 'baseUrl';
  if (!origins(settings).some((origin) => origin.startsWith('http:'))) return undefined;
  const isPlain = ([, value]: [string, unknown]): boolean => typeof value === 'string' && /^http:/i.test(value);
  return Object.entries(settings).find(isPlain)?.[0] ?? '';
}

export function isUsable(current: LoadedCurrent | UnusableCurrent): current is LoadedCurrent {
  return 'connector' in current;
}
