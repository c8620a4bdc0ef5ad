import { createHash, randomBytes } from 'node:crypto';
import { createSeal, type Sql } from '@currents/core';
import { catalogue } from '@currents/schema';

export interface Provision {
  readonly sql: Sql;
  readonly masterKey: Buffer;
}

export interface BenchCurrent {
  readonly destination: 'mixpanel' | 'amplitude';
  readonly settings: { readonly region: 'us'; readonly baseUrl: string } & Readonly<
    Record<string, string | number | boolean>
  >;
}

/** The sinks have no limits: what is measured is the hub, and not what Mixpanel takes of one project. */
export const withoutLimits = { rateShare: 100 };

/** Makes an ingest token, and answers it in clear. */
export async function makeToken({ sql }: Pick<Provision, 'sql'>): Promise<string> {
  const token = `cur_ingest_${randomBytes(32).toString('base64url')}`;
  const hash = createHash('sha256').update(token).digest();
  await sql`insert into ingest_token (name, hash, hint) values ('bench', ${hash}, 'bench')`;
  return token;
}

/** What a sink, or a fake, is shown; the bench's own partners take anything that looks like a key. */
export const benchKey = 'bench';

/** Makes a live Current that carries every type its destination takes, and answers its id. */
export async function launch({ sql, masterKey }: Provision, { destination, settings }: BenchCurrent): Promise<number> {
  const eventTypes = catalogue
    .filter(({ destinationNames }) => destinationNames[destination] !== undefined)
    .map(({ name }) => name);
  const [row] = await sql<{ id: number }[]>`
    insert into current (name, contact_email, destination, settings, selection)
    values (${destination}, 'bench@example.com', ${destination}, ${sql.json(settings)}, ${sql.json({ eventTypes, channels: [], groups: [] })})
    returning id`;
  const currentId = row?.id ?? 0;
  const credentials = JSON.stringify(
    destination === 'mixpanel' ? { kind: 'projectToken', token: benchKey } : { apiKey: benchKey },
  );
  await sql`
    update current set state = 'live', live_since = now(),
      credentials = ${createSeal(masterKey).seal(credentials, `current:${currentId}`)}
    where id = ${currentId}`;
  return currentId;
}
