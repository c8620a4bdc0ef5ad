import type { Connector } from '@currents/connector';
import type { CurrentState } from '../db/schema.js';
import {
  credentialsMissing,
  credentialsUnreadable,
  fieldRulesUnreadable,
  openCredentials,
  ownUrlSetting,
} from '../loadCurrent.js';
import type { Admin } from '../admin/admin.js';
import { ofStoredWord } from '../admin/storedWord.js';
import { countsOf } from './counts.js';
import type { CurrentRow } from './currents.js';
import type { NoticedCode, NoticedRow } from './currentWarnings.js';
import { publicWords } from './destinations.js';
import { rotationViewOf, type RotationRow } from './credentialRotation.js';
import { readFieldRules, showStoredRules } from '../fieldRules/fieldRule.js';
import type { CurrentAction } from '../admin/problem.js';
import { carried, notTaken } from './selections.js';

export type CurrentView = ReturnType<typeof viewOf>;

export type CurrentWarningCode =
  | 'types_not_taken'
  | 'no_connector'
  | 'field_rules_unreadable'
  | 'credentials_missing'
  | 'credentials_unreadable'
  | 'base_url_not_allowed'
  | NoticedCode;

interface CurrentWarning {
  readonly code: CurrentWarningCode;
  readonly message: string;
  readonly eventTypes: readonly string[];
  /** Of what a worker noticed: how many events it was about, since when, and when last. */
  readonly eventCount?: number;
  readonly firstAt?: Date;
  readonly lastAt?: Date;
}

const noticedWords: Readonly<Record<NoticedCode, string>> = {
  answers_unconfirmed: 'the destination accepted events with answers that do not confirm them; they count as delivered',
  batch_unreadable: 'stored events could not be read; they are dead letters with the code batch_unreadable',
  credentials_rolled_back: 'the destination refused promoted credentials; the Current went back to the former ones',
  batch_newer: 'a later release of the hub stored these events; they wait for a worker of that release',
  deferral_newer: 'a later release of the hub deferred these events; they wait for a worker of that release',
  gzip_refused: 'compressed requests are refused on the way; they are sent without compression',
};

const actions: Readonly<Record<CurrentState, readonly CurrentAction[]>> = {
  draft: ['launch', 'update', 'test', 'delete'],
  live: ['pause', 'update', 'test', 'replay', 'delete'],
  paused: ['resume', 'update', 'test', 'replay', 'delete'],
  blocked: ['pause', 'update', 'test', 'replay', 'delete'],
  deleted: [],
};

export function allowedActions(state: CurrentState): readonly CurrentAction[] {
  return ofStoredWord(actions, state) ?? [];
}

/** A Current as an admin sees it: everything but its credentials. */
export function viewOf(
  admin: Admin,
  row: CurrentRow,
  noticed: readonly NoticedRow[],
  counts = countsOf([]),
  oldestPendingAt?: Date,
  rotation?: RotationRow,
  isDeferred = false,
) {
  const connector = admin.connectors.get(row.destination);
  const credentials = credentialsSet(admin, row);
  const other = rotation && credentialsSet(admin, { ...row, credentials: rotation.credentials });
  return {
    kind: 'Current' as const,
    id: String(row.id),
    name: row.name,
    contactEmail: row.contactEmail,
    destinationName: row.destination,
    settings: row.settings,
    /** Undefined when there are none: a draft may lack them, and a deleted Current's are wiped. */
    credentials: credentials && readable(credentials),
    /** The credentials beside those: staged new ones, or former ones that it may go back to. */
    credentialRotation: rotation && other && rotationViewOf(rotation, readable(other)),
    selection: row.selection,
    fieldRules: showStoredRules(row.fieldRules),
    /** The longest time in milliseconds for which due events gather before a request. */
    lingerMs: row.lingerMs,
    /** The event types that it carries: selected, and taken by the destination. */
    eventTypes: connector ? carried(row.selection, connector).map(({ name }) => name) : [],
    warnings: row.state === 'deleted' ? [] : [...warningsOf(admin, row, credentials), ...noticed.map(warningOf)],
    state: row.state,
    stateChangedAt: row.stateSince,
    /** What can be done to it in this state. */
    allowedActions: allowedActions(row.state),
    block: blockOf(row),
    deferral: isDeferred ? deferralOf(row) : undefined,
    /** Rises with every update. */
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    counts,
    oldestPendingAt,
  };
}

function readable(credentials: NonNullable<ReturnType<typeof credentialsSet>>) {
  return 'unreadable' in credentials ? { kind: undefined, fields: [] } : credentials;
}

/** Which credentials there are: of what kind, where a destination takes several, and their fields; never what is in them. */
function credentialsSet({ seal, connectors }: Admin, row: CurrentRow) {
  if (row.credentials === null) return undefined;
  const connector = connectors.get(row.destination);
  if (!connector) return { kind: undefined, fields: [] };
  let credentials: Readonly<Record<string, unknown>>;
  try {
    credentials = openCredentials(seal, row.id, row.credentials) as Readonly<Record<string, unknown>>;
  } catch (error) {
    return { unreadable: credentialsUnreadable(error) };
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
  { destination, selection, settings, fieldRules }: CurrentRow,
  credentials: ReturnType<typeof credentialsSet>,
) {
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
  if (!readFieldRules(fieldRules)) warn('field_rules_unreadable', fieldRulesUnreadable);
  if (!credentials) warn('credentials_missing', credentialsMissing);
  if (credentials && 'unreadable' in credentials) warn('credentials_unreadable', credentials.unreadable);
  if (connector && !allowBaseUrl && hasOwnUrl(connector, settings)) {
    warn(
      'base_url_not_allowed',
      'it has a base URL of its own or one without encryption, and the operator does not allow that (ALLOW_CUSTOM_BASE_URL)',
    );
  }
  return warnings;
}

function hasOwnUrl(connector: Connector, settings: unknown): boolean {
  const parsed = connector.settings.safeParse(settings);
  return parsed.success && ownUrlSetting(connector, parsed.data) !== undefined;
}

function warningOf({ code, detail, events, firstAt, lastAt }: NoticedRow): CurrentWarning {
  // A later release may notice more.
  const words = ofStoredWord(noticedWords, code);
  const message = words === undefined ? detail : `${words}: ${detail}`;
  return { code: code as NoticedCode, message, eventTypes: [], eventCount: events, firstAt, lastAt };
}

/** Why nothing passes until a person repairs the Current, and when the destination is asked again by itself. */
function blockOf({ state, stateSince, blockedCode, blockedDetail, probeAt }: CurrentRow) {
  if (state !== 'blocked') return undefined;
  const [code, detail] = [blockedCode ?? '', blockedDetail ?? ''];
  return { code, detail, blockedAt: stateSince, nextProbeAt: probeAt ?? undefined };
}

/** Why a live Current waits of its own accord. */
function deferralOf({ deferralUntil, deferralCode, deferralDetail }: CurrentRow) {
  if (deferralUntil === null) return undefined;
  return { code: deferralCode ?? '', detail: deferralDetail ?? '', until: deferralUntil };
}
