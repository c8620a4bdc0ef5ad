import type { Selection } from '@currents/schema';
import { eq, ne, and, sql } from 'drizzle-orm';
import { current } from '../db/schema.js';
import { sealCredentials } from '../loadCurrent.js';
import type { Admin, Queries } from '../admin/admin.js';
import { checkContact } from './contact.js';
import { checkFieldRules } from './checkFieldRules.js';
import { storeFieldRules, type FieldRules } from '../fieldRules/fieldRule.js';
import { checkName, unlessNameTaken } from '../admin/name.js';
import { oneViewOf, type CurrentRow } from './currents.js';
import type { CurrentView } from './currentView.js';
import { findConnector } from './destinations.js';
import { checkLinger } from './lingerTime.js';
import { fieldProblem, inputInvalid, type FieldProblem, type InputInvalid, type NameTaken } from '../admin/problem.js';
import { checkSelectionFor } from './selections.js';
import { checkCredentials, checkSettings, type Settings } from './settings.js';

interface NewCurrent {
  readonly name: string;
  readonly contactEmail: string;
  readonly destination: string;
  readonly settings: unknown;
  /** None if they are left out: the draft is launched once they are set. */
  readonly credentials?: unknown;
  readonly selection: Selection;
  /** None if they are left out. */
  readonly fieldRules?: FieldRules | null | undefined;
  /** The default if it is left out. */
  readonly lingerMs?: number | null | undefined;
}

type CreateCurrentResult = CurrentView | InputInvalid | NameTaken;

/** Creates a Current as a draft: it carries nothing until it is launched. All that is wrong is answered at once. */
export async function createCurrent(admin: Admin, given: NewCurrent): Promise<CreateCurrentResult> {
  const name = checkName(given.name);
  const contact = checkContact(given.contactEmail);
  const connector = findConnector(admin, given.destination);
  const known = 'problems' in connector ? undefined : connector;
  const settings = known && checkSettings(known, given.settings, admin);
  const credentials =
    known && (hasNone(given.credentials) ? { credentials: undefined } : checkCredentials(known, given.credentials));
  const selection = known && checkSelectionFor(known, given.selection);
  const rules = checkFieldRules(given.fieldRules);
  const linger = checkLinger(given.lingerMs);
  const problems = problemsIn(name, contact, connector, settings, credentials, selection, rules, linger);
  if (problems.length > 0) return inputInvalid([...problems, ...(await nameProblem(admin.db, name))]);
  const { value } = name as { readonly value: string };
  const draft = {
    name: value,
    contactEmail: (contact as { readonly value: string }).value,
    destination: given.destination,
    settings: (settings as { readonly settings: Settings }).settings,
    selection: (selection as { readonly selection: Selection }).selection,
    fieldRules: storeFieldRules((rules as { readonly rules: FieldRules }).rules),
    lingerMs: (linger as { readonly value: number | undefined }).value,
  };
  const row = await insertCurrent(admin, draft, (credentials as { readonly credentials: unknown }).credentials);
  return 'kind' in row ? row : oneViewOf(admin, row);
}

function hasNone(credentials: unknown): boolean {
  return credentials === undefined || credentials === null;
}

/** The problems of all checks of an input, in their order. */
export function problemsIn(...checks: readonly unknown[]): readonly FieldProblem[] {
  return checks.flatMap((check) => {
    if (typeof check !== 'object' || check === null) return [];
    if ('problem' in check) return [check.problem as FieldProblem];
    return 'problems' in check ? (check.problems as readonly FieldProblem[]) : [];
  });
}

/** Beside other problems a taken name is one of them; alone it is a `NameTaken`. */
export async function nameProblem(
  db: Queries,
  name: { readonly value: string } | { readonly problem: FieldProblem },
  exceptId = 0,
): Promise<readonly FieldProblem[]> {
  if ('problem' in name) return [];
  const [owner] = await db
    .select({ id: current.id })
    .from(current)
    .where(and(sql`lower(${current.name}) = lower(${name.value})`, isNamed, ne(current.id, exceptId)));
  return owner ? [fieldProblem('name', 'taken', 'another Current has this name already')] : [];
}

type Draft = Pick<
  typeof current.$inferInsert,
  'name' | 'contactEmail' | 'destination' | 'settings' | 'selection' | 'fieldRules' | 'lingerMs'
>;

/** The credentials are sealed for the Current's own id, which is known only once it is stored. */
function insertCurrent(admin: Admin, draft: Draft, credentials: unknown): Promise<CurrentRow | NameTaken> {
  return unlessCurrentHasName(admin.db, draft.name, () =>
    admin.db.transaction(async (tx) => {
      const [created] = (await tx.insert(current).values(draft).returning()) as [CurrentRow];
      if (credentials === undefined) return created;
      const sealed = sealCredentials(admin.seal, created.id, credentials);
      const [row] = await tx.update(current).set({ credentials: sealed }).where(eq(current.id, created.id)).returning();
      return row as CurrentRow;
    }),
  );
}

const isNamed = ne(current.state, 'deleted');

/** Writes a Current, unless another one has its name. */
export function unlessCurrentHasName<Result>(
  db: Queries,
  name: string,
  write: () => Promise<Result>,
): Promise<Result | NameTaken> {
  const message = `name: another Current is called ${JSON.stringify(name)} already`;
  const names = { table: current, index: 'current_name', isUnique: isNamed, ownerType: 'Current', message } as const;
  return unlessNameTaken(db, name, names, write);
}
