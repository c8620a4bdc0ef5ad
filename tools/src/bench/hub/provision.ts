import { createHash, randomBytes } from 'node:crypto';
import { createSeal, type Sql } from '@currents/core';
import { catalogue } from '@currents/schema';

export interface Provision {
  readonly sql: Sql;
  readonly masterKey: Buffer;
  readonly sinkUrl: string;
}

/** Makes an ingest token, and a live Current that carries every type Mixpanel takes to the sink. */
export async function provision({ sql, masterKey, sinkUrl }: Provision): Promise<{ readonly token: string; readonly currentId: number }> {
  const token = `cur_ingest_${randomBytes(32).toString('base64url')}`;
  const hash = createHash('sha256').update(token).digest();
  await sql`insert into ingest_token (name, hash, hint) values ('bench', ${hash}, 'bench')`;
  const settings = { region: 'us', baseUrl: sinkUrl };
  const eventTypes = catalogue.filter(({ destinationNames }) => destinationNames.mixpanel !== undefined).map(({ name }) => name);
  const [row] = await sql<{ id: number }[]>`
    insert into current (name, contact_email, destination, settings, selection)
    values ('bench', 'bench@example.com', 'mixpanel', ${sql.json(settings)}, ${sql.json({ eventTypes, channels: [], groups: [] })})
    returning id`;
  const currentId = row?.id ?? 0;
  const credentials = JSON.stringify({ kind: 'projectToken', token: 'bench' });
  await sql`
    update current set state = 'live', live_since = now(),
      credentials = ${createSeal(masterKey).seal(credentials, `current:${currentId}`)}
    where id = ${currentId}`;
  return { token, currentId };
}
