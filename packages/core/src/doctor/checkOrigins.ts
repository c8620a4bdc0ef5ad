import type { Connector, HttpAnswer, StreamingHttp } from '@currents/connector';
import type { Sql } from '../db/connect.js';
import type { Connectors } from '../loadCurrent.js';
import { find, notChecked, notOk, ok, type Finding, type Seen } from './finding.js';

type Http = Pick<StreamingHttp, 'request'>;

const maxClockDifferenceMs = 60_000;

/**
 * Whether each destination's hosts can be reached: those that its Currents use, or without a Current any of them. Once the
 * hub has Currents, a destination that none of them uses may be out of reach. `sql` is undefined when the database cannot
 * be asked.
 */
export async function* checkOrigins(connectors: Connectors, http: Http, sql: Sql | undefined): AsyncGenerator<Finding> {
  const used = sql ? await usedOrigins(connectors, sql).catch(() => new Map<string, Set<string>>()) : new Map();
  for (const connector of connectors.values()) {
    const inUse = used.get(connector.name) as ReadonlySet<string> | undefined;
    const mayBeAway = used.size > 0 && inUse === undefined;
    yield find(`reach ${connector.label}`, () => checkReach(connector, { inUse, mayBeAway }, http));
  }
}

async function usedOrigins(connectors: Connectors, sql: Sql): Promise<Map<string, Set<string>>> {
  const rows = await sql<{ destination: string; settings: unknown }[]>`
    select distinct destination, settings from current where state <> 'deleted' limit 1000`;
  const used = new Map<string, Set<string>>();
  for (const { destination, settings } of rows) {
    const connector = connectors.get(destination);
    const parsed = connector?.settings.safeParse(settings);
    if (!connector || !parsed?.success) continue;
    const origins = used.get(destination) ?? new Set();
    for (const origin of connector.origins(parsed.data)) origins.add(origin);
    used.set(destination, origins);
  }
  return used;
}

async function checkReach(
  connector: Connector,
  { inUse, mayBeAway }: { readonly inUse: ReadonlySet<string> | undefined; readonly mayBeAway: boolean },
  http: Http,
): Promise<Seen> {
  const origins = [...(inUse ?? connector.origins())];
  if (origins.length === 0) return ok('no Current names a host yet');
  const tried = await Promise.all(
    origins.map(async (origin) => ({ host: new URL(origin).host, ...(await reach(origin, http)) })),
  );
  const wrong = tried.filter(({ failure }) => failure !== undefined);
  const reached = tried.filter(({ failure }) => failure === undefined).map(({ host }) => host);
  const failures = wrong.map(({ host, failure }) => `${host}: ${failure}`).join(', ');
  if (mayBeAway && reached.length === 0) return notChecked(`cannot reach ${failures}; no Current sends to it`);
  if (wrong.length > 0 && (inUse || reached.length === 0))
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
