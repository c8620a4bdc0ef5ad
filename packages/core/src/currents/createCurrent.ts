import type { Selection } from '@currents/schema';
import { eq, ne, and, sql } from 'drizzle-orm';
import { current } from '../db/schema.js';
import { sealContext } from '../loadCurrent.js';
import type { Admin, Queries } from '../admin/admin.js';
import { checkContact } from './contact.js';
import { checkName } from '../admin/name.js';
import { oneViewOf, type CurrentRow } from './currents.js';
import type { CurrentView } from './currentView.js';
import { findConnector, type UnknownDestination } from './destinations.js';
import { inputInvalid, type InputInvalid, type NameTaken } from '../admin/problem.js';
import { checkSelectionFor, type SelectionInvalid } from './selections.js';
import {
  checkCredentials,
  checkSettings,
  type BaseUrlNotAllowed,
  type CredentialsInvalid,
  type SettingsInvalid,
} from './settings.js';
import { violatesUnique } from '../admin/violation.js';

export interface NewCurrent {
  readonly name: string;
  readonly contactEmail: string;
  readonly destination: string;
  readonly settings: unknown;
  readonly credentials: unknown;
  readonly selection: Selection;
}

export type CreateCurrentResult =
  | CurrentView
  | InputInvalid
  | NameTaken
  | UnknownDestination
  | SettingsInvalid
  | BaseUrlNotAllowed
  | CredentialsInvalid
  | SelectionInvalid;

/** Creates a Current as a draft: it carries nothing until it is launched. */
export async function createCurrent(admin: Admin, given: NewCurrent): Promise<CreateCurrentResult> {
  const name = checkName(given.name);
  const contact = checkContact(given.contactEmail);
  const problems = [name, contact].flatMap((checked) => ('problem' in checked ? [checked.problem] : []));
  if ('problem' in name || 'problem' in contact) return inputInvalid(problems);
  const connector = findConnector(admin, given.destination);
  if ('kind' in connector) return connector;
  const settings = checkSettings(connector, given.settings, admin);
  if ('kind' in settings) return settings;
  const credentials = checkCredentials(connector, given.credentials);
  if ('kind' in credentials) return credentials;
  const selection = checkSelectionFor(connector, given.selection);
  if ('kind' in selection) return selection;

  const draft = {
    name: name.value,
    contactEmail: contact.value,
    destination: connector.name,
    ...settings,
    ...selection,
  };
  const row = await insertCurrent(admin, draft, credentials.credentials);
  return 'kind' in row ? row : oneViewOf(admin, row);
}

type Draft = Pick<typeof current.$inferInsert, 'name' | 'contactEmail' | 'destination' | 'settings' | 'selection'>;

/** The credentials are sealed for the Current's own id, which is known only once it is stored. */
async function insertCurrent(admin: Admin, draft: Draft, credentials: unknown): Promise<CurrentRow | NameTaken> {
  for (;;) {
    try {
      return await admin.db.transaction(async (tx) => {
        const [{ id }] = (await tx.insert(current).values(draft).returning({ id: current.id })) as [{ id: number }];
        const sealed = admin.seal.seal(JSON.stringify(credentials), sealContext(id));
        const [row] = await tx.update(current).set({ credentials: sealed }).where(eq(current.id, id)).returning();
        return row as CurrentRow;
      });
    } catch (error) {
      if (!violatesUnique(error, 'current_name')) throw error;
      const taken = await ownerOf(admin.db, draft.name);
      if (taken) return taken;
    }
  }
}

/** Who has a name; undefined when its owner has given it up meanwhile. */
export async function ownerOf(db: Queries, name: string): Promise<NameTaken | undefined> {
  const [owner] = await db
    .select({ id: current.id })
    .from(current)
    .where(and(sql`lower(${current.name}) = lower(${name})`, ne(current.state, 'deleted')));
  return (
    owner && {
      kind: 'NameTaken',
      message: `name: the Current ${owner.id} is called ${JSON.stringify(name)} already`,
      ownerId: String(owner.id),
    }
  );
}
