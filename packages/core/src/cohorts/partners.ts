import { and, asc, eq, gt, isNull, notExists, or, sql } from 'drizzle-orm';
import { brazeCohorts, type CohortRoute } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { checkFirst, pageOf, QuestionRefused, type Page, type PageRequest } from '../admin/page.js';
import { fieldProblem, inputInvalid, type InputInvalid, type Problem } from '../admin/problem.js';
import { importKey, importPartner } from '../db/schema.js';
import type { Connectors } from '../loadCurrent.js';

/** A system that pushes cohorts: a destination whose connector supports it, or one that an admin created. */
export type ImportPartner = Readonly<ReturnType<typeof partnerOf>>;

export type ImportPartnerNotFound = Problem<'ImportPartnerNotFound', { known: readonly string[] }>;
export type ImportPartnerExists = Problem<'ImportPartnerExists'>;
/** The partner has valid keys, or is built in. */
export type ImportPartnerInUse = Problem<'ImportPartnerInUse'>;

type Deps = Pick<Admin, 'db' | 'connectors'>;

/** Condition on an import key, by the database's clock. */
export const isNotRevoked = or(isNull(importKey.revokedAt), gt(importKey.revokedAt, sql`clock_timestamp()`));

/** Partners, by name. */
export async function listImportPartners(admin: Deps, page: PageRequest): Promise<Page<ImportPartner>> {
  checkFirst(page.first);
  const after = Buffer.from(page.after ?? '', 'base64url').toString();
  if (page.after !== undefined && !validName.test(after))
    throw new QuestionRefused('after: expected a cursor of this list, got something else');
  const partners = await readPartners(admin);
  return pageOf(
    partners.filter(({ name }) => name > after),
    page,
    ({ name }) => Buffer.from(name).toString('base64url'),
    async () => partners.length,
  );
}

const validName = /^[a-z][a-z0-9_-]{0,39}$/;

async function readPartners({ db, connectors }: Deps): Promise<readonly ImportPartner[]> {
  const rows = await db.select().from(importPartner).orderBy(asc(importPartner.name));
  const created = rows.map(({ name }) => name).filter((name) => !routesOf(connectors, name));
  const builtIn = [...connectors.values()].filter(({ cohortImport }) => cohortImport !== undefined);
  return [...builtIn.map(({ name }) => name), ...created].sort().map((name) => partnerOf(connectors, name));
}

/** Creates a partner that speaks Braze's partner protocol. It needs an import key to push. */
export async function createImportPartner(
  { db, connectors }: Deps,
  name: string,
): Promise<ImportPartner | InputInvalid | ImportPartnerExists> {
  if (!validName.test(name)) {
    const message = 'expected 1 to 40 lower-case letters, digits, hyphens or underscores that begin with a letter';
    return inputInvalid([fieldProblem('name', 'malformed', message)]);
  }
  const created = routesOf(connectors, name)
    ? []
    : await db.insert(importPartner).values({ name }).onConflictDoNothing().returning();
  if (created.length === 1) return partnerOf(connectors, name);
  return { kind: 'ImportPartnerExists', message: `a partner ${JSON.stringify(name)} exists already` };
}

/** Deletes a partner that an admin created, unless a key of it is valid. Its cohorts stay. */
export async function deleteImportPartner(
  admin: Deps,
  name: string,
): Promise<ImportPartner | ImportPartnerNotFound | ImportPartnerInUse> {
  const { db } = admin;
  const found = await findImportPartner(admin, name);
  if (found.kind === 'ImportPartnerNotFound') return found;
  const inUse = (message: string): ImportPartnerInUse => ({ kind: 'ImportPartnerInUse', message });
  if (found.isBuiltIn) return inUse(`${JSON.stringify(name)} is built in; without a valid key it cannot push`);
  const keys = db
    .select()
    .from(importKey)
    .where(and(eq(importKey.partner, name), isNotRevoked));
  const deleted = await db
    .delete(importPartner)
    .where(and(eq(importPartner.name, name), notExists(keys)))
    .returning();
  return deleted.length === 1 ? found : inUse(`${JSON.stringify(name)} has valid data import keys; revoke them first`);
}

/** Partners by their names, in the order of the names. */
export async function findImportPartners(
  admin: Deps,
  names: readonly string[],
): Promise<readonly (ImportPartner | undefined)[]> {
  const partners = await readPartners(admin);
  return names.map((name) => partners.find((partner) => partner.name === name));
}

/** The partner of this name, or which names there are. */
export async function findImportPartner(admin: Deps, name: string): Promise<ImportPartner | ImportPartnerNotFound> {
  const partners = await readPartners(admin);
  const found = partners.find((partner) => partner.name === name);
  if (found) return found;
  const known = partners.map((partner) => partner.name);
  const message = `partner: expected ${known.join(', ')}, got something else; other partners have to be created first`;
  return { kind: 'ImportPartnerNotFound', message, known };
}

/** A cohort's display name in the hub, as its connector makes it. */
export function shownNameOf(
  connectors: Connectors,
  cohort: { readonly partner: string; readonly id: string; readonly name: string },
): string {
  return connectors.get(cohort.partner)?.cohortImport?.displayName?.(cohort) ?? cohort.name;
}

function routesOf(connectors: Connectors, name: string): readonly CohortRoute[] | undefined {
  return connectors.get(name)?.cohortImport?.routes;
}

function partnerOf(connectors: Connectors, name: string) {
  const routes = routesOf(connectors, name);
  return {
    kind: 'ImportPartner' as const,
    id: name,
    name,
    label: (routes && connectors.get(name)?.label) ?? name,
    /** Whether a connector of the hub brings it; false if an admin created it. */
    isBuiltIn: routes !== undefined,
    /** To enter at the partner, which fills in a segment of the path that begins with a colon. */
    endpoints: (routes ?? brazeCohorts.routes).map(({ method, path, description }) => ({
      method,
      path: `/partners/${name}/${path}`,
      description,
    })),
  };
}
