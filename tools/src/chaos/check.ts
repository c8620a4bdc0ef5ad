import { unpackBatch } from '@currents/core';
import { outOfOrder } from '../fakes/outOfOrder.js';
import type { StoredEvent } from '../fakes/ledger.js';
import { ledgerOf } from '../hub/ledger.js';
import type { ChaosCurrent, ChaosHub } from './hub.js';
import type { SentEvents } from './sentEvents.js';

const maxExamples = 5;

/** What the check reads of a hub. */
type CheckedHub = Pick<ChaosHub, 'sql' | 'admin' | 'currents' | 'mixpanel' | 'amplitude'>;

/**
 * Compares what the senders were told, what the hub stores and counts, and what the partners show. Returns what does not
 * fit; call it once nothing is pending.
 */
export async function findViolations(hub: CheckedHub, sent: SentEvents): Promise<string[]> {
  const violations = [...sent.wrongAnswers.slice(0, maxExamples), ...(await compareStored(hub, sent))];
  for (const current of hub.currents) {
    const found = [...(await compareLedger(hub, current, sent)), ...comparePartner(current, sent)];
    violations.push(...found.map((text) => `${current.project}: ${text}`));
  }
  for (const [name, { control }] of [
    ['Mixpanel', hub.mixpanel],
    ['Amplitude', hub.amplitude],
  ] as const) {
    const broken = control.summary().violations;
    if (Object.keys(broken).length > 0)
      violations.push(`the rules of ${name} were violated: ${JSON.stringify(broken)}`);
  }
  return violations;
}

/** Law 2 for the senders: what the answers of the api say = what is stored. */
async function compareStored({ sql }: CheckedHub, sent: SentEvents): Promise<string[]> {
  const stored: string[] = [];
  const rows = sql<{ content: Buffer }[]>`select content from batch`.cursor(20);
  for await (const batches of rows)
    for (const { content } of batches) stored.push(...(await unpackBatch(content)).map(({ id }) => String(id)));
  const [quarantine] = await sql<{ events: number }[]>`
    select coalesce(sum(events), 0)::int as events from quarantine_batch`;
  const problems = differences('stored', stored, [...sent.users.keys()], sent.ids);
  if (stored.length !== sent.accepted)
    problems.push(`the answers say ${sent.accepted} accepted; ${stored.length} are stored`);
  if (quarantine?.events !== sent.quarantined)
    problems.push(`the answers say ${sent.quarantined} quarantined; ${quarantine?.events} are stored`);
  return problems;
}

/** The hub's own counts, by the check of this program and by the hub's. All that was selected must be delivered. */
async function compareLedger({ sql, admin }: CheckedHub, current: ChaosCurrent, sent: SentEvents): Promise<string[]> {
  const problems: string[] = [];
  const expected = expectedBy(current, sent).length;
  try {
    const counts = await ledgerOf(sql, current.key);
    if (counts.selected !== expected || counts.delivered !== expected)
      problems.push(`expected ${expected} events selected and delivered, got ${JSON.stringify(counts)}`);
  } catch (error) {
    problems.push((error as Error).message);
  }
  const differing = await checkLedger(admin, current.id);
  return [...problems, ...differing.map((message) => `checkLedger: ${message}`)];
}

const resultFields = 'id state error result { ... on LedgerCheck { isBalanced differences { message } } }';

interface LedgerJob {
  readonly id: string;
  readonly state: string;
  readonly error: string | null;
  readonly result: {
    readonly isBalanced: boolean;
    readonly differences: readonly { readonly message: string }[];
  } | null;
}

async function checkLedger(admin: ChaosHub['admin'], currentId: string): Promise<readonly string[]> {
  const begun = await admin.run<{ job: LedgerJob }>(
    `mutation ($id: ID!) { checkLedger(input: { currentId: $id }) { __typename ... on CheckLedgerPayload { job { ${resultFields} } } } }`,
    { id: currentId },
    'CheckLedgerPayload',
  );
  let { job } = begun;
  for (const untilMs = performance.now() + 60_000; ['QUEUED', 'RUNNING'].includes(job.state);) {
    if (performance.now() > untilMs) return [`is still ${job.state} after a minute`];
    await new Promise((resolve) => setTimeout(resolve, 100));
    const answer = await admin.ask<{ job: LedgerJob }>(
      `query ($id: ID!) { job(id: $id) { ... on Job { ${resultFields} } } }`,
      {
        id: job.id,
      },
    );
    job = answer.job;
  }
  if (job.state !== 'DONE' || job.result === null) return [`${job.state}: ${job.error}`];
  return job.result.isBalanced ? [] : job.result.differences.map(({ message }) => message);
}

/** The partner's view after its deduplication: each event once, none else, each user's in order. */
function comparePartner(current: ChaosCurrent, sent: SentEvents): string[] {
  const { view, stored } = current.control.ledger();
  const ids = (events: readonly StoredEvent[]): string[] =>
    events.filter(({ project }) => project === current.project).map((event) => insertIdOf(event, current.partner));
  const expected = expectedBy(current, sent);
  const problems = differences('shown by the partner', ids(view), expected, sent.ids);
  const users = new Map(expected.map((id) => [id, sent.users.get(id) ?? '']));
  const late = outOfOrder(
    ids(stored).filter((id) => users.has(id)),
    users,
  );
  if (late.length > 0)
    problems.push(`${late.length} users' events came out of order; ${late.slice(0, maxExamples).join('; ')}`);
  return problems;
}

function expectedBy({ eventTypes }: ChaosCurrent, { users, types }: SentEvents): string[] {
  return [...users.keys()].filter((id) => eventTypes.includes(types.get(id) ?? ''));
}

function insertIdOf({ event }: StoredEvent, partner: ChaosCurrent['partner']): string {
  if (partner === 'amplitude') return String(event['insert_id']);
  return String((event['properties'] as Readonly<Record<string, unknown>>)['$insert_id']);
}

/** What is missing, doubled or was never sent among these ids, each with a few examples. */
export function differences(
  where: string,
  found: readonly string[],
  expected: readonly string[],
  sent: ReadonlySet<string>,
): string[] {
  const counts = new Map<string, number>();
  for (const id of found) counts.set(id, (counts.get(id) ?? 0) + 1);
  const kinds = {
    lost: expected.filter((id) => !counts.has(id)),
    doubled: [...counts].filter(([, count]) => count > 1).map(([id]) => id),
    invented: [...counts.keys()].filter((id) => !sent.has(id)),
  };
  return Object.entries(kinds)
    .filter(([, ids]) => ids.length > 0)
    .map(
      ([kind, ids]) =>
        `${ids.length} events are ${kind} among those ${where}, such as ${ids.slice(0, maxExamples).join(', ')}`,
    );
}
