import type { Sql } from '../db/connect.js';
import { openContent } from '../ledger/quarantineBodies.js';
import type { Happening } from '../notices/raiseNotice.js';

interface Row {
  readonly day: string;
  readonly id: string;
  readonly events: number;
  readonly codes: readonly string[];
  readonly codeIndexes: Buffer;
  readonly content: Buffer | null;
  readonly firstAt: Date;
}

/** Rows read in one look; of a flood, only the newest. A type that goes on coming is seen in a later look. */
const maxRows = 20;
/** A row that is younger than this may be followed by one with a lower id that commits later. */
const settledSeconds = 10;
/** Senders choose the names: of more types than this in a day, no further one is written about. */
const maxTypesPerDay = 20;
/** Only what looks like the name of a type is repeated in a notice. */
const typeName = /^[A-Za-z][\w.-]{0,99}$/;

/** Types that events in the quarantine have, that the catalogue does not know, and that there is no notice of. */
export async function newEventTypes(sql: Sql): Promise<readonly Happening[]> {
  const rows = await sql<Row[]>`
    select q.stored_on as day, q.id, q.events, q.codes, q.code_indexes as "codeIndexes", q.content, q.stored_at as "firstAt"
    from quarantine_batch q, notice_schedule s
    where q.stored_on >= s.quarantine_day and (q.stored_on, q.id) > (s.quarantine_day, s.quarantine_id)
      and q.stored_at < now() - ${settledSeconds}::int * interval '1 second'
    order by q.stored_on desc, q.id desc limit ${maxRows}`;
  const [newest] = rows;
  if (!newest) return [];
  const found = new Map<string, { events: number; firstAt: Date }>();
  for (const row of rows) {
    for (const name of await typesOf(row)) {
      const known = found.get(name);
      found.set(name, { events: (known?.events ?? 0) + 1, firstAt: row.firstAt });
    }
  }
  await sql`update notice_schedule set quarantine_day = ${newest.day}, quarantine_id = ${newest.id}::bigint`;
  return (await withoutNotice(sql, [...found.keys()])).map((name): Happening => {
    const { events, firstAt } = found.get(name) as { events: number; firstAt: Date };
    return {
      kind: 'unknown_event_type',
      severity: 'warning',
      subject: { type: 'EventType', key: name },
      episode: '',
      since: firstAt,
      count: events,
      message: `Events of the type ${name} came in, which the catalogue of this release does not know: at least ${events} are in the quarantine.`,
      remedy:
        'If the sender misspells the type, repair it there. If the type is new, update the hub, then release the events with releaseQuarantinedEvents.',
    };
  });
}

/** The names of unknown types in a row, one for each event. */
async function typesOf({ events, codes, codeIndexes, content }: Row): Promise<readonly string[]> {
  if (!codes.includes('unknown_event_type') || !content) return [];
  const bodyOf = await openContent(content, events);
  return [...codeIndexes.keys()]
    .filter((index) => codes[codeIndexes[index] ?? 0] === 'unknown_event_type')
    .flatMap((index) => nameIn(bodyOf(index).body) ?? []);
}

function nameIn(body: string | undefined): string | undefined {
  try {
    const event = JSON.parse(body ?? '') as { readonly event_type?: unknown } | null;
    const name = event?.event_type;
    return typeof name === 'string' && typeName.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Those that there is no notice of, as many as may still be written about today. */
async function withoutNotice(sql: Sql, names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const [today] = await sql<{ n: number }[]>`
    select count(*)::int as n from notice where kind = 'unknown_event_type' and raised_at > now() - interval '1 day'`;
  const known = await sql<{ subject: string }[]>`
    select subject from notice where kind = 'unknown_event_type' and subject in ${sql(names.map((name) => `EventType:${name}`))}`;
  const subjects = new Set(known.map(({ subject }) => subject));
  return names
    .filter((name) => !subjects.has(`EventType:${name}`))
    .slice(0, Math.max(0, maxTypesPerDay - (today?.n ?? 0)));
}
