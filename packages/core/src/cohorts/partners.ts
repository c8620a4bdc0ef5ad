import type { CohortRoute } from '@currents/connector';
import { brazeCohorts } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { fieldProblem, inputInvalid, type InputInvalid } from '../admin/problem.js';
import type { Connectors } from '../loadCurrent.js';

/** Somebody who pushes cohorts: a destination that can, or a name that an admin registered. */
export interface ImportPartner {
  readonly kind: 'ImportPartner';
  /** As it stands in the address: `/partners/<name>/cohorts`. */
  readonly name: string;
  readonly label: string;
  /** Whether an admin made it known; false for those this hub has a package for. */
  readonly registered: boolean;
  readonly endpoints: readonly ImportEndpoint[];
}

/** One way to push, to be pasted into the partner. */
export interface ImportEndpoint {
  readonly method: 'POST';
  /** Below the hub's own address; a part that begins with a colon stands for what the partner puts there. */
  readonly path: string;
  readonly description: string;
}

export interface PartnerNotFound {
  readonly kind: 'PartnerNotFound';
  readonly message: string;
  readonly known: readonly string[];
}

/** There is such a partner already. */
export interface PartnerExists {
  readonly kind: 'PartnerExists';
  readonly message: string;
}

/** It is wanted as long as a key of it is good, or there is a package for it. */
export interface PartnerInUse {
  readonly kind: 'PartnerInUse';
  readonly message: string;
}

/** Every partner, by name. */
export async function listImportPartners({
  sql,
  connectors,
}: Pick<Admin, 'sql' | 'connectors'>): Promise<readonly ImportPartner[]> {
  const rows = await sql<{ name: string }[]>`select name from import_partner order by name`;
  const registered = rows.map(({ name }) => name).filter((name) => !routesOf(connectors, name));
  const own = [...connectors.values()].filter(({ cohortImport }) => cohortImport !== undefined).map(({ name }) => name);
  return [...own, ...registered].sort().map((name) => partnerOf(connectors, name));
}

/** Makes a partner known that speaks the partner protocol of Braze. Without a key it can push nothing. */
export async function createImportPartner(
  { sql, connectors }: Pick<Admin, 'sql' | 'connectors'>,
  name: string,
): Promise<ImportPartner | InputInvalid | PartnerExists> {
  if (!/^[a-z][a-z0-9_-]{0,39}$/.test(name)) {
    const message =
      'wanted 1 to 40 small letters, digits, hyphens or underscores, beginning with a letter, such as segment';
    return inputInvalid([fieldProblem('name', 'malformed', message)]);
  }
  const exists: PartnerExists = {
    kind: 'PartnerExists',
    message: `there is a partner ${JSON.stringify(name)} already`,
  };
  if (routesOf(connectors, name)) return exists;
  const made = await sql`insert into import_partner (name) values (${name}) on conflict do nothing`;
  return made.count === 1 ? partnerOf(connectors, name) : exists;
}

/** Makes a partner unknown again that an admin had made known. What it has pushed stays. */
export async function deleteImportPartner(
  admin: Pick<Admin, 'sql' | 'connectors'>,
  name: string,
): Promise<ImportPartner | PartnerNotFound | PartnerInUse> {
  const found = await findImportPartner(admin, name);
  if (found.kind === 'PartnerNotFound') return found;
  if (!found.registered)
    return {
      kind: 'PartnerInUse',
      message: `the hub knows ${JSON.stringify(found.name)} by itself; without a key it can push nothing`,
    };
  const forgotten = await admin.sql`
    delete from import_partner where name = ${found.name} and not exists (
      select from import_key where partner = ${found.name} and (revoked_at is null or revoked_at > clock_timestamp()))`;
  if (forgotten.count === 1) return found;
  return {
    kind: 'PartnerInUse',
    message: `data import keys of ${JSON.stringify(found.name)} are good; invalidate them first`,
  };
}

/** The partner of this name, or what names there are. */
export async function findImportPartner(
  admin: Pick<Admin, 'sql' | 'connectors'>,
  name: string,
): Promise<ImportPartner | PartnerNotFound> {
  const partners = await listImportPartners(admin);
  const found = partners.find((partner) => partner.name === name);
  if (found) return found;
  const known = partners.map((partner) => partner.name);
  const message = `there is no partner ${JSON.stringify(name.slice(0, 40))}; there are ${known.join(', ')}. Others have to be registered first`;
  return { kind: 'PartnerNotFound', message, known };
}

/** How the cohort is called among the hub's. */
export function shownNameOf(
  connectors: Connectors,
  cohort: { readonly partner: string; readonly id: string; readonly name: string },
): string {
  return connectors.get(cohort.partner)?.cohortImport?.displayName?.(cohort) ?? cohort.name;
}

function routesOf(connectors: Connectors, name: string): readonly CohortRoute[] | undefined {
  return connectors.get(name)?.cohortImport?.routes;
}

function partnerOf(connectors: Connectors, name: string): ImportPartner {
  const routes = routesOf(connectors, name);
  return {
    kind: 'ImportPartner',
    name,
    label: (routes && connectors.get(name)?.label) ?? name,
    registered: routes === undefined,
    endpoints: (routes ?? brazeCohorts.routes).map(({ method, path, description }) => ({
      method,
      path: `/partners/${name}/${path}`,
      description,
    })),
  };
}
