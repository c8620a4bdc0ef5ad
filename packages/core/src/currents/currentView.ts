import type { Selection } from '@currents/schema';
import type { CurrentState } from '../db/schema.js';
import { hasBaseUrl, sealContext } from '../loadCurrent.js';
import type { Admin } from '../admin/admin.js';
import type { Counts } from './counts.js';
import type { CurrentRow } from './currents.js';
import { publicWords } from './destinations.js';
import type { CurrentAction } from '../admin/problem.js';
import { carried, notTaken } from './selections.js';
import type { Settings } from './settings.js';

/** A Current as an admin sees it: everything but its credentials. */
export interface CurrentView {
  readonly kind: 'Current';
  readonly id: string;
  readonly name: string;
  readonly contactEmail: string;
  readonly destination: string;
  readonly settings: Settings;
  /** Undefined when they were wiped, as a deleted Current's are. */
  readonly credentials: CredentialsSet | undefined;
  readonly selection: Selection;
  /** The event types that it carries: selected, and taken by the destination. */
  readonly eventTypes: readonly string[];
  readonly warnings: readonly Warning[];
  readonly state: CurrentState;
  readonly stateSince: Date;
  /** What can be done to it in this state. */
  readonly possible: readonly CurrentAction[];
  readonly blocked: Blocked | undefined;
  readonly hold: Hold | undefined;
  /** Rises whenever settings, credentials or selection change. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly counts: Counts;
  readonly oldestPendingAt: Date | undefined;
}

/** Which credentials there are: of what kind, and their fields; never what is in them. */
export interface CredentialsSet {
  /** Where a destination takes several kinds. */
  readonly kind: string | undefined;
  readonly fields: readonly string[];
}

/** Why nothing passes until a person repairs the Current. */
export interface Blocked {
  readonly code: string;
  readonly detail: string;
  readonly since: Date;
  /** When the destination is asked again by itself. */
  readonly nextProbeAt: Date | undefined;
}

/** Why a live Current waits of its own accord. */
export interface Hold {
  readonly code: string;
  readonly detail: string;
  readonly until: Date;
}

export interface Warning {
  readonly code: 'types_not_taken' | 'no_connector' | 'credentials_unreadable' | 'base_url_not_allowed';
  readonly message: string;
  readonly eventTypes: readonly string[];
}

const actions: Readonly<Record<CurrentState, readonly CurrentAction[]>> = {
  draft: ['launch', 'change', 'test', 'delete'],
  live: ['pause', 'change', 'test', 'replay', 'delete'],
  paused: ['resume', 'change', 'test', 'replay', 'delete'],
  blocked: ['change', 'test', 'replay', 'delete'],
  deleted: [],
};

export function possibleActions(state: CurrentState): readonly CurrentAction[] {
  return actions[state];
}

const nothingYet: Counts = {
  selected: 0,
  delivered: 0,
  skipped: 0,
  rejected: 0,
  expired: 0,
  pending: 0,
  skippedFor: [],
  rejectedFor: [],
  expiredFor: [],
};

export function viewOf(
  admin: Admin,
  row: CurrentRow,
  counts: Counts = nothingYet,
  oldestPendingAt?: Date,
): CurrentView {
  const connector = admin.connectors.get(row.destination);
  const credentials = credentialsSet(admin, row);
  return {
    kind: 'Current',
    id: String(row.id),
    name: row.name,
    contactEmail: row.contactEmail,
    destination: row.destination,
    settings: row.settings,
    credentials: credentials === 'unreadable' ? { kind: undefined, fields: [] } : credentials,
    selection: row.selection,
    eventTypes: connector ? carried(row.selection, connector).map(({ name }) => name) : [],
    warnings: row.state === 'deleted' ? [] : warningsOf(admin, row, credentials === 'unreadable'),
    state: row.state,
    stateSince: row.stateSince,
    possible: possibleActions(row.state),
    blocked: blockedOf(row),
    hold: holdOf(row),
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    counts,
    oldestPendingAt,
  };
}

function credentialsSet({ seal, connectors }: Admin, row: CurrentRow): CredentialsSet | 'unreadable' | undefined {
  if (row.credentials === null) return undefined;
  const connector = connectors.get(row.destination);
  if (!connector) return { kind: undefined, fields: [] };
  let credentials: Readonly<Record<string, unknown>>;
  try {
    credentials = JSON.parse(seal.open(row.credentials, sealContext(row.id))) as Readonly<Record<string, unknown>>;
  } catch {
    return 'unreadable';
  }
  const { fields, choices } = publicWords(connector.credentials);
  const kind = credentials['kind'];
  return {
    kind: typeof kind === 'string' && choices.has(kind) ? kind : undefined,
    fields: [...fields].filter((field) => field !== 'kind' && credentials[field] !== undefined),
  };
}

function warningsOf(
  { connectors, allowBaseUrl }: Admin,
  { destination, selection, settings }: CurrentRow,
  unreadable: boolean,
): Warning[] {
  const warnings: Warning[] = [];
  const warn = (code: Warning['code'], message: string, eventTypes: readonly string[] = []) =>
    warnings.push({ code, message, eventTypes });
  const connector = connectors.get(destination);
  if (!connector) {
    warn('no_connector', `this version of the hub has no connector named ${destination}`);
  } else {
    const untaken = notTaken(selection, connector).map(({ name }) => name);
    if (untaken.length > 0) {
      warn(
        'types_not_taken',
        `${connector.label} does not take ${untaken.length} of the selected event types; they are not sent`,
        untaken,
      );
    }
  }
  if (unreadable) warn('credentials_unreadable', 'the credentials do not open with this MASTER_KEY; give them again');
  if (hasBaseUrl(settings) && !allowBaseUrl) {
    warn(
      'base_url_not_allowed',
      'it has a base URL of its own, and the operator does not allow that (ALLOW_CUSTOM_BASE_URL)',
    );
  }
  return warnings;
}

function blockedOf({ state, stateSince, blockedCode, blockedDetail, probeAt }: CurrentRow): Blocked | undefined {
  if (state !== 'blocked') return undefined;
  return { code: blockedCode ?? '', detail: blockedDetail ?? '', since: stateSince, nextProbeAt: probeAt ?? undefined };
}

function holdOf({ state, deferralUntil, deferralCode, deferralDetail }: CurrentRow): Hold | undefined {
  if (state !== 'live' || deferralUntil === null || deferralUntil <= new Date()) return undefined;
  return { code: deferralCode ?? '', detail: deferralDetail ?? '', until: deferralUntil };
}
