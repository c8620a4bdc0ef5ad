import type { Connector, HttpAnswer, StreamingHttp } from '@currents/connector';
import type { Sql } from '../db/connect.js';
import type { Connectors } from '../loadCurrent.js';
import type { SegmentExports } from '../loadSync.js';
import { find, notChecked, notOk, ok, type Finding, type Seen } from './finding.js';

type Http = Pick<StreamingHttp, 'request'>;

/** What events and members of segments are sent to. */
type Destination = Pick<Connector, 'name' | 'label' | 'settings' | 'origins'>;
type Destinations<Each extends Destination> = ReadonlyMap<string, Each>;

const maxClockDifferenceMs = 60_000;

/**
 * Whether each destination's hosts can be reached: those that its Currents use, or without a Current any of them. Once the
 * hub has Currents, a destination that none of them uses may be out of reach. `sql` is undefined when the database cannot
 * be asked.
 */
export async function* checkOrigins(connectors: Connectors, http: Http, sql: Sql | undefined): AsyncGenerator<Finding> {
  const used = await usedOrigins(connectors, sql, 'current');
  for (const connector of connectors.values()) {
    const inUse = used.get(connector.name);
    const mayBeAway = used.size > 0 && inUse === undefined;
    const origins = [...(inUse ?? connector.origins())];
    yield find(`reach ${connector.label}`, () =>
      checkReach(origins, { isInUse: inUse !== undefined, mayBeAway, user: 'Current' }, http),
    );
  }
}

/** The same of destinations of segments, as far as a sync uses them: the others are not asked. Sends no member. */
export async function* checkExportOrigins(
  segmentExports: SegmentExports,
  http: Http,
  sql: Sql | undefined,
): AsyncGenerator<Finding> {
  const used = await usedOrigins(segmentExports, sql, 'segment_sync');
  for (const { name, label } of segmentExports.values())
    yield find(`reach ${label}`, () =>
      checkReach([...(used.get(name) ?? [])], { isInUse: true, mayBeAway: false, user: 'segment sync' }, http),
    );
}

async function usedOrigins<Each extends Destination>(
  destinations: Destinations<Each>,
  sql: Sql | undefined,
  table: 'current' | 'segment_sync',
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const used = new Map<string, Set<string>>();
  if (!sql) return used;
  // Before the first start there are no tables.
  const rows = await sql<{ destination: string; settings: unknown }[]>`
    select distinct destination, settings from ${sql(table)} where state <> 'deleted' limit 1000`.catch(() => []);
  for (const { destination, settings } of rows) {
    const known = destinations.get(destination);
    const parsed = known?.settings.safeParse(settings);
    if (!known || !parsed?.success) continue;
    const origins = used.get(destination) ?? new Set();
    for (const origin of known.origins(parsed.data)) origins.add(origin);
    used.set(destination, origins);
  }
  return used;
}

interface Use {
  readonly isInUse: boolean;
  /** Whether it is well that none of them can be reached. */
  readonly mayBeAway: boolean;
  readonly user: 'Current' | 'segment sync';
}

async function checkReach(origins: readonly string[], { isInUse, mayBeAway, user }: Use, http: Http): Promise<Seen> {
  if (origins.length === 0) return ok(`no ${user} names a host yet`);
  const tried = await Promise.all(
    origins.map(async (origin) => ({ host: new URL(origin).host, ...(await reach(origin, http)) })),
  );
  const wrong = tried.filter(({ failure }) => failure !== undefined);
  const reached = tried.filter(({ failure }) => failure === undefined).map(({ host }) => host);
  const failures = wrong.map(({ host, failure }) => `${host}: ${failure}`).join(', ');
  if (mayBeAway && reached.length === 0) return notChecked(`cannot reach ${failures}; no ${user} sends to it`);
  if (wrong.length > 0 && (isInUse || reached.length === 0))
    return notOk(`cannot reach ${failures}; allow them in the firewall, or set HTTPS_PROXY`);
  const late = tried.find(({ clockDifferenceMs }) => Math.abs(clockDifferenceMs ?? 0) > maxClockDifferenceMs);
  if (late)
    return notOk(
      `the clock of ${late.host} differs from this machine's by ${Math.round(Math.abs(late.clockDifferenceMs ?? 0) / 1_000)} s; set it by NTP`,
    );
  return ok(
    [`reached ${reached.join(', ')}`, failures && `not reached, and not used: ${failures}`].filter(Boolean).join('; '),
  );
}

interface Reached {
  readonly failure?: string;
  readonly clockDifferenceMs?: number;
}

/** Any HTTP answer will do: without credentials a partner answers with some refusal. */
async function reach(origin: string, http: Http): Promise<Reached> {
  const answer: HttpAnswer = await http.request({ method: 'GET', url: `${origin}/` });
  if ('failure' in answer) return { failure: answer.detail };
  const dateMs = Date.parse(answer.headers['date'] ?? '');
  return Number.isNaN(dateMs) ? {} : { clockDifferenceMs: dateMs - Date.now() };
}
