import type { Selection } from '@currents/schema';
import { and, eq, sql } from 'drizzle-orm';
import { credentialRotation, current } from '../db/schema.js';
import { requeueThrottled } from '../budget/requeueThrottled.js';
import { sealCredentials } from '../loadCurrent.js';
import type { Admin, Queries } from '../admin/admin.js';
import { checkContact } from './contact.js';
import { checkCredentialReach } from './credentialReach.js';
import { rotationOf } from './credentialRotation.js';
import { checkFieldRules } from './checkFieldRules.js';
import {
  readFieldRules,
  showStoredRules,
  storeFieldRules,
  type FieldRules,
  type ShownFieldRules,
  type StoredFieldRules,
} from '../fieldRules/fieldRule.js';
import { checkName } from '../admin/name.js';
import { nameProblem, problemsIn, unlessCurrentHasName } from './createCurrent.js';
import { oneViewOf, type CurrentRow } from './currents.js';
import { allowedActions, type CurrentView } from './currentView.js';
import { rowId } from '../admin/page.js';
import {
  currentNotFound,
  inputInvalid,
  versionConflict,
  type CurrentNotFound,
  type CurrentWrongState,
  type InputInvalid,
  type NameTaken,
  type NotConfirmed,
  type VersionConflict,
} from '../admin/problem.js';
import { checkSelectionFor } from './selections.js';
import { checkLinger } from './lingerTime.js';
import { endWarnings } from './currentWarnings.js';
import { checkCredentials, checkSettings, mergePatch, type Settings } from './settings.js';
import { noConnector, wrongState, type CurrentNotReady } from './transitions.js';

/** Undefined leaves a field as it is; null clears it, which only settings and field rules allow. */
interface CurrentUpdate {
  /** The version that the change is based on. */
  readonly ifVersion?: number | null | undefined;
  readonly name?: string | null | undefined;
  readonly contactEmail?: string | null | undefined;
  /** Merged into the present settings by RFC 7396. */
  readonly settings?: unknown;
  /** Replaces all credentials. */
  readonly credentials?: unknown;
  /**
   * Its present name, exactly: required when what it replaces is gone then, which is so of credentials, and of field rules of a
   * later release.
   */
  readonly confirmName?: string | null | undefined;
  /** Replaces the whole selection. */
  readonly selection?: Selection | null | undefined;
  /** Replaces all field rules. */
  readonly fieldRules?: FieldRules | null | undefined;
  readonly lingerMs?: number | null | undefined;
}

/** An updated Current beside what it was before, so that a change can be undone. Former credentials are gone. */
interface CurrentUpdated {
  readonly kind: 'CurrentUpdated';
  readonly current: CurrentView;
  readonly before: Pick<CurrentRow, 'name' | 'contactEmail' | 'settings' | 'selection' | 'lingerMs'> & {
    readonly fieldRules: ShownFieldRules;
  };
}

type UpdateCurrentProblem =
  | CurrentNotFound
  | CurrentWrongState
  | CurrentNotReady
  | VersionConflict<CurrentView>
  | InputInvalid
  | NameTaken
  | NotConfirmed;

/** Undefined stays as it is. */
interface Changes {
  readonly name: string;
  readonly contactEmail: string;
  readonly settings: Settings | undefined;
  readonly credentials: Buffer | undefined;
  readonly selection: Selection | undefined;
  readonly fieldRules: StoredFieldRules | null | undefined;
  readonly lingerMs: number;
}

/** Takes effect with the next attempt. A blocked Current is probed at once when its settings, field rules or credentials change. */
export async function updateCurrent(
  admin: Admin,
  id: string,
  change: CurrentUpdate,
): Promise<CurrentUpdated | UpdateCurrentProblem> {
  const key = rowId(id);
  if (key === undefined) return currentNotFound();
  const changed = await unlessCurrentHasName(admin.db, (change.name ?? '').trim(), () =>
    admin.db.transaction(async (tx) => {
      const [before] = await tx.select().from(current).where(eq(current.id, key)).for('update');
      if (!before) return currentNotFound();
      if (!allowedActions(before.state).includes('update')) return wrongState(before, 'update');
      if (typeof change.ifVersion === 'number' && change.ifVersion !== before.version)
        return versionConflict(await oneViewOf(admin, before), change.ifVersion);
      const changes = await checkChanges(admin, tx, before, change);
      if ('kind' in changes) return changes;
      const lost = lostBy(changes, before);
      if (lost !== undefined && change.confirmName !== before.name) return notConfirmed(before.name, lost);
      return { before, row: await write(tx, before, changes) };
    }),
  );
  if ('kind' in changed) return changed;
  // With other settings the partner may take more of a key than before: what waits for its turn need not wait on.
  if (change.settings !== undefined) {
    await requeueUnder(admin, changed.row);
    // What was noticed under the former settings may not hold under these.
    await endWarnings(admin.sql, key, ['answers_unconfirmed', 'gzip_refused']);
  }
  admin.wake(key);
  const { name, contactEmail, settings, selection, lingerMs } = changed.before;
  const fieldRules = showStoredRules(changed.before.fieldRules);
  const view = await oneViewOf(admin, changed.row);
  const before = { name, contactEmail, settings, selection, fieldRules, lingerMs };
  return { kind: 'CurrentUpdated', current: view, before };
}

async function requeueUnder({ sql, connectors }: Admin, { id, destination, settings }: CurrentRow): Promise<void> {
  const connector = connectors.get(destination);
  if (connector) await requeueThrottled(sql, id, connector.rateLimit(settings).budgets);
}

async function checkChanges(
  admin: Admin,
  tx: Queries,
  before: CurrentRow,
  change: CurrentUpdate,
): Promise<Changes | CurrentNotReady | InputInvalid> {
  const connector = admin.connectors.get(before.destination);
  if (!connector) return noConnector(before.destination);
  const { name: newName, contactEmail, settings: patch, credentials: newCredentials, selection: newSelection } = change;
  const name = newName === undefined ? { value: before.name } : checkName(newName ?? '');
  const contact = contactEmail === undefined ? { value: before.contactEmail } : checkContact(contactEmail ?? '');
  const settings =
    patch === undefined
      ? { settings: undefined }
      : checkSettings(connector, patch === null ? {} : mergePatch(before.settings, patch), admin);
  const credentials =
    newCredentials === undefined ? { credentials: undefined } : checkCredentials(connector, newCredentials);
  const selection =
    newSelection === undefined
      ? { selection: undefined }
      : checkSelectionFor(connector, newSelection ?? { eventTypes: [], channels: [], groups: [] });
  const rules = change.fieldRules === undefined ? undefined : checkFieldRules(change.fieldRules);
  const linger = checkLinger(change.lingerMs, before.lingerMs);
  const reach = checkCredentialReach(admin, before, {
    connector,
    settings: 'settings' in settings ? settings.settings : undefined,
    hasCredentials: newCredentials !== undefined,
    others: await rotationOf(tx, before.id),
  });
  const problems = problemsIn(name, contact, settings, credentials, selection, rules, linger, reach);
  if (problems.length > 0) return inputInvalid([...problems, ...(await nameProblem(tx, name, before.id))]);
  const checked = { ...settings, ...credentials, ...selection } as Pick<Changes, 'settings' | 'selection'> & {
    readonly credentials: unknown;
  };
  return {
    name: (name as { readonly value: string }).value,
    contactEmail: (contact as { readonly value: string }).value,
    settings: checked.settings,
    credentials:
      checked.credentials === undefined ? undefined : sealCredentials(admin.seal, before.id, checked.credentials),
    selection: checked.selection,
    fieldRules: rules && storeFieldRules((rules as { readonly rules: FieldRules }).rules),
    lingerMs: (linger as { readonly value: number }).value,
  };
}

/** What nothing could bring back after these changes. */
function lostBy(changes: Changes, { credentials, fieldRules }: CurrentRow): string | undefined {
  if (changes.credentials !== undefined && credentials !== null) return 'credentials';
  // This release can neither show them nor return them as they were.
  if (changes.fieldRules !== undefined && !readFieldRules(fieldRules)) return 'field rules of a later release';
  return undefined;
}

function notConfirmed(name: string, lost: string): NotConfirmed {
  const message = `confirmName: expected ${JSON.stringify(name)}, the Current's name, to confirm that its ${lost} are replaced, got something else; the former ones would be gone`;
  return { kind: 'NotConfirmed', message };
}

async function write(tx: Queries, before: CurrentRow, changes: Changes): Promise<CurrentRow> {
  // What was given now is not to be undone by going back to what was before a promotion.
  if (changes.credentials !== undefined)
    await tx
      .delete(credentialRotation)
      .where(and(eq(credentialRotation.currentId, before.id), eq(credentialRotation.state, 'probation')));
  const repairs =
    changes.settings !== undefined || changes.credentials !== undefined || changes.fieldRules !== undefined;
  const [row] = await tx
    .update(current)
    .set({
      ...changes,
      updatedAt: sql`now()`,
      version: sql`${current.version} + 1`,
      // What stood in the way may be gone: ask at once instead of waiting it out.
      ...(repairs && { failures: 0, deferralUntil: null, deferralCode: null, deferralDetail: null }),
      ...(repairs && before.state === 'blocked' && { probes: 0, probeAt: sql`now()` }),
    })
    .where(eq(current.id, before.id))
    .returning();
  return row as CurrentRow;
}
