import type { Selection } from '@currents/schema';
import { eq, sql } from 'drizzle-orm';
import { current } from '../db/schema.js';
import { requeueThrottled } from '../budget/requeueThrottled.js';
import { sealContext } from '../loadCurrent.js';
import type { Admin, Queries } from '../admin/admin.js';
import { checkContact } from './contact.js';
import { checkName } from '../admin/name.js';
import { ownerOf } from './createCurrent.js';
import { oneViewOf, type CurrentRow } from './currents.js';
import { possibleActions, type CurrentView } from './currentView.js';
import { findConnector, type UnknownDestination } from './destinations.js';
import { rowId } from '../admin/page.js';
import {
  currentNotFound,
  inputInvalid,
  type CurrentNotFound,
  type InputInvalid,
  type NameTaken,
  type NotConfirmed,
  type WrongState,
} from '../admin/problem.js';
import { checkSelectionFor, type SelectionInvalid } from './selections.js';
import {
  checkCredentials,
  checkSettings,
  type BaseUrlNotAllowed,
  type CredentialsInvalid,
  type Settings,
  type SettingsInvalid,
} from './settings.js';
import { wrongState } from './transitions.js';
import { violatesUnique } from '../admin/violation.js';

/** What is left out stays as it is. What is given replaces the whole of what was there. */
export interface CurrentUpdate {
  readonly name?: string | undefined;
  readonly contactEmail?: string | undefined;
  readonly settings?: unknown;
  readonly credentials?: unknown;
  /** Its present name, exactly: wanted where credentials are given, for the former ones are gone then. */
  readonly confirmName?: string | undefined;
  readonly selection?: Selection | undefined;
}

/** A changed Current beside what it was before, so that a change can be undone. Former credentials are gone. */
export interface CurrentUpdated {
  readonly kind: 'CurrentChanged';
  readonly current: CurrentView;
  readonly before: CurrentBefore;
}

export interface CurrentBefore {
  readonly name: string;
  readonly contactEmail: string;
  readonly settings: Settings;
  readonly selection: Selection;
}

export type Refused =
  | CurrentNotFound
  | WrongState
  | InputInvalid
  | NameTaken
  | UnknownDestination
  | SettingsInvalid
  | BaseUrlNotAllowed
  | CredentialsInvalid
  | SelectionInvalid
  | NotConfirmed;

/** Undefined stays as it is. */
interface Changes {
  readonly name: string;
  readonly contactEmail: string;
  readonly settings: Settings | undefined;
  readonly credentials: Buffer | undefined;
  readonly selection: Selection | undefined;
}

/** Takes effect with the next attempt. A blocked Current is probed at once when its settings or credentials change. */
export async function updateCurrent(
  admin: Admin,
  id: string,
  change: CurrentUpdate,
): Promise<CurrentUpdated | Refused> {
  const key = rowId(id);
  if (key === undefined) return currentNotFound(id);
  try {
    const changed = await admin.db.transaction(async (tx) => {
      const [before] = await tx.select().from(current).where(eq(current.id, key)).for('update');
      if (!before) return currentNotFound(id);
      if (!possibleActions(before.state).includes('change')) return wrongState(before, 'change');
      const changes = checkChanges(admin, before, change);
      if ('kind' in changes) return changes;
      if (changes.credentials && change.confirmName !== before.name) return notConfirmed(before.name);
      return { before, row: await write(tx, before, changes) };
    });
    if ('kind' in changed) return changed;
    // With other settings the partner may take more of a key than before: what waits for its turn need not wait on.
    if (change.settings !== undefined) await recallUnder(admin, changed.row);
    admin.wake(key);
    const { name, contactEmail, settings, selection } = changed.before;
    return {
      kind: 'CurrentChanged',
      current: await oneViewOf(admin, changed.row),
      before: { name, contactEmail, settings, selection },
    };
  } catch (error) {
    if (!violatesUnique(error, 'current_name')) throw error;
    return (await ownerOf(admin.db, change.name ?? '')) ?? updateCurrent(admin, id, change);
  }
}

async function recallUnder({ sql, connectors }: Admin, { id, destination, settings }: CurrentRow): Promise<void> {
  const connector = connectors.get(destination);
  if (connector) await requeueThrottled(sql, id, connector.rateLimit(settings).budgets);
}

function checkChanges(admin: Admin, before: CurrentRow, change: CurrentUpdate): Changes | Refused {
  const name = change.name === undefined ? { value: before.name } : checkName(change.name);
  const contact =
    change.contactEmail === undefined ? { value: before.contactEmail } : checkContact(change.contactEmail);
  const problems = [name, contact].flatMap((checked) => ('problem' in checked ? [checked.problem] : []));
  if ('problem' in name || 'problem' in contact) return inputInvalid(problems);
  const connector = findConnector(admin, before.destination);
  if ('kind' in connector) return connector;
  const settings = change.settings === undefined ? unchanged : checkSettings(connector, change.settings, admin);
  if ('kind' in settings) return settings;
  const credentials = change.credentials === undefined ? undefined : checkCredentials(connector, change.credentials);
  if (credentials && 'kind' in credentials) return credentials;
  const selection = change.selection === undefined ? unchanged : checkSelectionFor(connector, change.selection);
  if ('kind' in selection) return selection;
  return {
    name: name.value,
    contactEmail: contact.value,
    settings: settings.settings,
    credentials: credentials && admin.seal.seal(JSON.stringify(credentials.credentials), sealContext(before.id)),
    selection: selection.selection,
  };
}

function notConfirmed(name: string): NotConfirmed {
  const message = `confirmName: wanted the Current's name, ${JSON.stringify(name)}, to confirm that its credentials are replaced; something else came. The former ones would be gone`;
  return { kind: 'NotConfirmed', message };
}

const unchanged = { settings: undefined, selection: undefined };

async function write(tx: Queries, before: CurrentRow, changes: Changes): Promise<CurrentRow> {
  const repairs = changes.settings !== undefined || changes.credentials !== undefined;
  const [row] = await tx
    .update(current)
    .set({
      ...changes,
      updatedAt: sql`now()`,
      ...((repairs || changes.selection !== undefined) && { version: sql`${current.version} + 1` }),
      // What stood in the way may be gone: ask at once instead of waiting it out.
      ...(repairs && { failures: 0, deferralUntil: null, deferralCode: null, deferralDetail: null }),
      ...(repairs && before.state === 'blocked' && { probes: 0, probeAt: sql`now()` }),
    })
    .where(eq(current.id, before.id))
    .returning();
  return row as CurrentRow;
}
