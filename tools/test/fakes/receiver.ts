import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { amplitude } from '@currents/connector-amplitude';
import { mixpanel } from '@currents/connector-mixpanel';
import {
  brazeCohorts,
  type CohortChange,
  type CohortRoute,
  type Member,
  type ParsedPush,
  type Push,
  type PushResult,
} from '@currents/connector';

export const key = 'cur_import_good';

/** A hub in memory: it reads pushes with the real connectors and applies them at once, as simply as possible. */
export interface Receiver {
  readonly url: string;
  membersOf(cohortId: string): ReadonlySet<string>;
  nameOf(cohortId: string): string | undefined;
  readonly refused: Readonly<Record<string, number>>;
  /** Sets the results of the next pushes, which are then not applied. */
  refuseNext(...results: readonly PushResult[]): void;
  /** Revokes all keys. */
  invalidateKey(): void;
  close(): Promise<void>;
}

interface Cohort {
  name?: string | undefined;
  members: Set<string>;
  /** The time of each member's last change, if the partner sends it. */
  readonly movedAtMs: Map<string, number>;
  readonly sessions: Map<string, { readonly pages: Map<number, readonly Member[]>; isOver: boolean }>;
}

const routes: Readonly<Record<string, readonly CohortRoute[]>> = {
  mixpanel: mixpanel.cohortImport?.routes ?? [],
  amplitude: amplitude.cohortImport?.routes ?? [],
};

export async function startReceiver(): Promise<Receiver> {
  const cohorts = new Map<string, Cohort>();
  const seen = new Set<string>();
  const refused: Record<string, number> = {};
  let refusals: PushResult[] = [];
  let isGood = true;

  const cohortOf = (id: string): Cohort => {
    const known = cohorts.get(id) ?? {
      members: new Set<string>(),
      movedAtMs: new Map<string, number>(),
      sessions: new Map(),
    };
    cohorts.set(id, known);
    return known;
  };

  function take(route: CohortRoute, push: Push): PushResult {
    const next = refusals.shift();
    if (next) return next;
    if (!isGood || route.readKey(push) !== key) return { outcome: 'unauthorised', detail: 'no' };
    const parsed = route.parse(push);
    if ('unreadable' in parsed) return { outcome: 'unreadable', detail: parsed.unreadable };
    const unknown = parsed.changes.find(
      ({ cohort }) => cohort.isListId && !cohorts.has(cohort.id.slice('list_'.length)),
    );
    if (unknown) return { outcome: 'unknown_cohort', detail: 'no such list' };
    const cohortIds = parsed.changes.map(({ cohort }) => idOf(cohort)).map((id) => ({ id, listId: `list_${id}` }));
    const identity = identityOf(parsed, push.body);
    if (identity !== undefined && seen.has(identity)) return { outcome: 'repeated', cohorts: cohortIds };
    if (identity !== undefined) seen.add(identity);
    for (const [reason, count] of Object.entries(parsed.refused)) refused[reason] = (refused[reason] ?? 0) + count;
    for (const change of parsed.changes) apply(cohortOf(idOf(change.cohort)), change);
    return { outcome: 'stored', cohorts: cohortIds };
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [, , partner = '', ...parts] = (request.url ?? '').split('/').map(decodeURIComponent);
      const found = (routes[partner] ?? brazeCohorts.routes).flatMap((route) => {
        const path = match(route.path, parts);
        return path ? [{ route, path }] : [];
      })[0];
      if (!found) return response.writeHead(404).end('{}');
      const push = {
        path: found.path,
        headers: request.headers as Push['headers'],
        body: Buffer.concat(chunks).toString(),
      };
      const { status, headers, body } = found.route.reply(push, take(found.route, push));
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/partners`,
    membersOf: (id) => cohorts.get(id)?.members ?? new Set(),
    nameOf: (id) => cohorts.get(id)?.name,
    refused,
    refuseNext: (...results) => void (refusals = [...results]),
    invalidateKey: () => void (isGood = false),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function idOf({ id, isListId }: CohortChange['cohort']): string {
  return isListId ? id.slice('list_'.length) : id;
}

/** The identity of a push: the partner's idempotency key, or a page of a session with its body. */
function identityOf(parsed: Extract<ParsedPush, { changes: unknown }>, body: string): string | undefined {
  if (parsed.dedupeKey !== undefined) return parsed.dedupeKey;
  return parsed.changes.some((change) => 'session' in change && change.session !== undefined) ? body : undefined;
}

function apply(cohort: Cohort, change: CohortChange): void {
  cohort.name = change.cohort.name ?? cohort.name;
  if (change.kind === 'declare') return;
  if (change.kind === 'replace') return stage(cohort, change);
  for (const member of change.members.map(textOf)) {
    const { computedAtMs } = change;
    if (computedAtMs !== undefined && computedAtMs < (cohort.movedAtMs.get(member) ?? -Infinity)) continue;
    if (computedAtMs !== undefined) cohort.movedAtMs.set(member, computedAtMs);
    if (change.kind === 'add') cohort.members.add(member);
    else cohort.members.delete(member);
  }
}

function stage(cohort: Cohort, { session, members }: Extract<CohortChange, { kind: 'replace' }>): void {
  let open = cohort.sessions.get(session.id);
  if (open === undefined) {
    for (const older of cohort.sessions.values()) older.isOver = true;
    cohort.sessions.set(session.id, (open = { pages: new Map(), isOver: false }));
  }
  if (open.isOver) return;
  open.pages.set(session.page, members);
  if (open.pages.size < session.pages) return;
  open.isOver = true;
  cohort.members = new Set([...open.pages.values()].flat().map(textOf));
}

/** A member in the form of the senders' models, whose ids contain their kind unless they are user ids. */
export function textOf(member: Member): string {
  if ('externalId' in member) return member.externalId;
  return 'deviceId' in member ? member.deviceId : member.alias.name;
}

function match(pattern: string, parts: readonly string[]): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  if (wanted.length !== parts.length) return undefined;
  const path: Record<string, string> = {};
  for (const [index, word] of wanted.entries()) {
    if (word.startsWith(':')) path[word.slice(1)] = parts[index] ?? '';
    else if (word !== parts[index]) return undefined;
  }
  return path;
}
