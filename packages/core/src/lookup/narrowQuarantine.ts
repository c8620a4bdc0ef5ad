import { readRefused } from '@currents/schema';
import { and, desc, eq, getTableColumns, lt, sql } from 'drizzle-orm';
import type { Db, Queries } from '../admin/admin.js';
import { QuestionRefused } from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';
import { quarantineBatch } from '../db/schema.js';
import { maxPicks } from '../ledger/deadLetterFilter.js';
import { openContent } from '../ledger/quarantineBodies.js';
import { eventMatcher, rowMatches, type QuarantineFilter } from '../ledger/quarantineFilter.js';
import { idOf, type QuarantineHead } from '../ledger/quarantinePlace.js';
import { runInSteps } from '../process/runInSteps.js';
import { createReadBudget, openCandidates } from './candidateRows.js';
import { hasNames, isNamed, type EventNames } from './eventNames.js';
import { storedDays } from './storedDays.js';

/** A filter of quarantined events with what only their bodies tell. */
export interface QuarantineSearch extends QuarantineFilter, EventNames {}

/**
 * Turns a search into a filter by ids, which can be stored with a job, where no id of a user belongs. Finds up to `maxPicks`
 * events, of those whose bodies are kept; throws `QuestionRefused` for more, or when too much would have to be read.
 */
export async function narrowQuarantine({ db }: Db, search: QuarantineSearch): Promise<QuarantineFilter> {
  const { eventIds, users, ...filter } = search;
  if (!hasNames({ eventIds, users })) return filter;
  const ids = await withinTime({ db }, (tx) => findIds(tx, filter, { eventIds, users }), { isSnapshot: true });
  return { ...filter, ids };
}

async function findIds(tx: Queries, filter: QuarantineFilter, names: EventNames): Promise<readonly string[]> {
  const isMatch = eventMatcher(filter);
  const ids: string[] = [];
  const budget = createReadBudget();
  const candidates = await openCandidates(tx, 'quarantine', names);
  for (const day of await storedDays(tx, filter)) {
    const rowIds = await candidates(day);
    if (rowIds?.size === 0) continue;
    for await (const heads of pagesOf(tx, filter, day, rowIds)) {
      budget.spend({ rows: heads.length });
      for (const { bytes, ...row } of heads) {
        budget.spend({ bytes });
        const found = await namedIn(tx, row, isMatch(row), names, budget);
        for (const index of found.reverse()) ids.push(idOf({ row, index }));
        if (ids.length > maxPicks) throw tooMany();
      }
    }
  }
  return ids;
}

/** The indexes of the events of a row that match and have the names. */
async function namedIn(
  tx: Queries,
  { storedOn, id, events }: QuarantineHead,
  isMatch: (index: number) => boolean,
  names: EventNames,
  budget: ReturnType<typeof createReadBudget>,
): Promise<number[]> {
  const isRow = and(eq(quarantineBatch.storedOn, storedOn), eq(quarantineBatch.id, id));
  const [row] = await tx.select({ content: quarantineBatch.content }).from(quarantineBatch).where(isRow);
  const body = await openContent(row?.content ?? null, events);
  const bodies = Array.from({ length: events }, (_, index) => body(index).body ?? '');
  budget.spend({ characters: bodies.reduce((sum, text) => sum + text.length, 0) });
  return runInSteps(readBodies());

  function* readBodies() {
    const found: number[] = [];
    let characters = 0;
    for (const [index, text] of bodies.entries()) {
      if (text === '' || !isMatch(index) || !mayHold(text, names)) continue;
      if (isNamed(readRefused(text), names)) found.push(index);
      characters += text.length;
      if (characters < charactersPerStep) continue;
      characters = 0;
      yield undefined;
    }
    return found;
  }
}

/** Reading so many takes about a millisecond. */
const charactersPerStep = 64 * 1024;

/** Whether a text may have one of the names; without escapes, an id stands in it as it is. Far cheaper than reading it. */
function mayHold(text: string, { eventIds, users }: EventNames): boolean {
  if (text.includes('\\')) return true;
  const holdsOne = (ids: readonly string[] | undefined): boolean => ids?.some((id) => text.includes(id)) ?? true;
  return holdsOne(eventIds) && holdsOne(users);
}

/** Each event takes six bytes of its row beside the content. */
const pageRows = 100;

async function* pagesOf(tx: Queries, filter: QuarantineFilter, day: string, rowIds: ReadonlySet<number> | undefined) {
  const { content, ...columns } = getTableColumns(quarantineBatch);
  const { storedOn, id } = quarantineBatch;
  const bytes = sql<number>`coalesce(octet_length(${content}), 0)`.mapWith(Number);
  const isCandidate = rowIds && sql`${id} = any(${`{${[...rowIds].join(',')}}`}::bigint[])`;
  const isKept = sql`${content} is not null`;
  for (let last: string | undefined; ;) {
    const isNext = last === undefined ? undefined : lt(id, last);
    const rows = await tx
      .select({ ...columns, bytes })
      .from(quarantineBatch)
      .where(and(eq(storedOn, day), isCandidate, isNext, isKept, rowMatches(filter)))
      .orderBy(desc(id))
      .limit(pageRows);
    yield rows;
    if (rows.length < pageRows) return;
    last = rows.at(-1)?.id;
  }
}

function tooMany(): QuestionRefused {
  return new QuestionRefused(
    `filter: expected one that at most ${maxPicks} quarantined events match, got more; restrict it, such as by from and to, code or eventType`,
  );
}
