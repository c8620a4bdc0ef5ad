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
  readonly destinationName: string;
  readonly settings: Settings;
  /** Undefined when they were wiped, as a deleted Current's are. */
  readonly credentials: CredentialsSet | undefined;
  readonly selection: Selection;
  /** The event types that it carries: selected, and taken by the destination. */
  readonly eventTypes: readonly string[];
  readonly warnings: readonly CurrentWarning[];
  readonly state: CurrentState;
  readonly stateChangedAt: Date;
  /** What can be done to it in this state. */
  readonly allowedActions: readonly CurrentAction[];
  readonly block: CurrentBlock | undefined;
  readonly deferral: CurrentDeferral | undefined;
  /** Rises with every update. */
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
export interface CurrentBlock {
  readonly code: string;
  readonly detail: string;
  readonly blockedAt: Date;
  /** When the destination is asked again by itself. */
  readonly nextProbeAt: Date | undefined;
}

/** Why a live Current waits of its own accord. */
export interface CurrentDeferral {
  readonly code: string;
  readonly detail: string;
  readonly until: Date;
}

export type CurrentWarningCode = 'types_not_taken' | 'no_connector' | 'credentials_unreadable' | 'base_url_not_allowed';

export interface CurrentWarning {
  readonly code: CurrentWarningCode;
  readonly message: string;
  readonly eventTypes: readonly string[];
}

const actions: Readonly<Record<CurrentState, readonly CurrentAction[]>> = {
  draft: ['launch', 'update', 'test', 'delete'],
  live: ['pause', 'update', 'test', 'replay', 'delete'],
  paused: ['resume', 'update', 'test', 'replay', 'delete'],
  blocked: ['update', 'test', 'replay', 'delete'],
  deleted: [],
};

export function allowedActions(state: CurrentState): readonly CurrentAction[] {
  return actions[state];
}

const nothingYet: Counts = {
  selected: 0,
  delivered: 0,
  skipped: 0,
  rejected: 0,
  expired: 0,
  pending: 0,
  skippedReasons: [],
  rejectedReasons: [],
  expiredReasons: [],
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
    destinationName: row.destination,
    settings: row.settings,
    credentials: credentials === 'unreadable' ? { kind: undefined, fields: [] } : credentials,
    selection: row.selection,
    eventTypes: connector ? carried(row.selection, connector).map(({ name }) => name) : [],
    warnings: row.state === 'deleted' ? [] : warningsOf(admin, row, credentials === 'unreadable'),
    state: row.state,
    stateChangedAt: row.stateSince,
    allowedActions: allowedActions(row.state),
    block: blockOf(row),
    deferral: deferralOf(row),
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
): CurrentWarning[] {
  const warnings: CurrentWarning[] = [];
  const warn = (code: CurrentWarningCode, message: string, eventTypes: readonly string[] = []) =>
    warnings.push({ code, message, eventTypes });
  const connector = connectors.get(destination);
  if (!connector) {
    warn('no_connector', `this version of the hub has no connector named ${destination}`);
  } else {
    const untaken = notTaken(selection, connector).map(({ name }) => name);
    if (untaken.length > 0) {
      warn(
        'types_not_taken',
        `${connector.label} does not support ${untaken.length} of the selected event types; they are not sent`,
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

function blockOf({ state, stateSince, blockedCode, blockedDetail, probeAt }: CurrentRow): CurrentBlock | undefined {
  if (state !== 'blocked') return undefined;
  return {
    code: blockedCode ?? '',
    detail: blockedDetail ?? '',
    blockedAt: stateSince,
    nextProbeAt: probeAt ?? undefined,
  };
}

function deferralOf({ state, deferralUntil, deferralCode, deferralDetail }: CurrentRow): CurrentDeferral | undefined {
  if (state !== 'live' || deferralUntil === null || deferralUntil <= new Date()) return undefined;
  return { code: deferralCode ?? '', detail: deferralDetail ?? '', until: deferralUntil };
}
