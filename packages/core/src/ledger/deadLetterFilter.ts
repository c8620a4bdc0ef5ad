import { and, eq, gte, isNull, isNotNull, lt, or, sql, type SQL } from 'drizzle-orm';
import { boundOf, isDay, QuestionRefused, rowId, storable } from '../admin/page.js';
import { deadLetter, type DeadOutcome } from '../db/schema.js';
import { isSet } from './datedId.js';

export interface DeadLetterFilter {
  readonly currentId?: string | undefined;
  readonly outcome?: DeadOutcome | undefined;
  readonly code?: string | undefined;
  readonly eventType?: string | undefined;
  /** Recorded at or after. */
  readonly from?: Date | undefined;
  /** Recorded before. */
  readonly to?: Date | undefined;
  /** Whether replayed ones, the others, or without it both. */
  readonly isReplayed?: boolean | undefined;
  /** Whether discarded ones, the others, or without it both. */
  readonly isDiscarded?: boolean | undefined;
  /** Up to `maxPicks`. */
  readonly ids?: readonly string[] | undefined;
}

/** Dead letters that one request may name. */
export const maxPicks = 1_000;

/** The number that the ids of a row's events name: that of the row as it was recorded. */
export const letterKey: SQL = sql`coalesce(${deadLetter.splitFrom}, ${deadLetter.id})`;

/** A dead letter that is named by its id. */
export interface LetterPick {
  readonly storedOn: string;
  readonly key: string;
  readonly position: number;
}

/** Leaves out what is no id. Throws `QuestionRefused` for too many. */
export function picksOf(ids: readonly string[]): readonly LetterPick[] {
  if (ids.length > maxPicks) throw new QuestionRefused(`ids: expected up to ${maxPicks} ids, got ${ids.length}`);
  return [...new Set(ids)].flatMap((id) => {
    const [, year, month, date, key, position] = /^(\d{4})(\d\d)(\d\d)-(\d{1,18})-(\d{1,9})$/.exec(id) ?? [];
    const storedOn = `${year}-${month}-${date}`;
    return key !== undefined && isDay(storedOn) ? [{ storedOn, key, position: Number(position) }] : [];
  });
}

/** SQL: the picks as rows `(stored_on, key, position)`. */
export function pickRows(picks: readonly LetterPick[]): SQL {
  const list = JSON.stringify(picks.map(({ storedOn, key, position }) => [storedOn, key, position]));
  return sql`(select (p ->> 0)::date as stored_on, (p ->> 1)::bigint as key, (p ->> 2)::int as position
    from jsonb_array_elements(${list}::text::jsonb) p)`;
}

/** The rows that hold one of the picks. Names days and keys, so that few partitions and rows are read. */
export function holdsPick(picks: readonly LetterPick[]): SQL {
  if (picks.length === 0) return sql`false`;
  const days = [...new Set(picks.map(({ storedOn }) => storedOn))];
  const keys = sql.raw([...new Set(picks.map(({ key }) => key))].join(', '));
  const isNamed = or(sql`${deadLetter.id} in (${keys})`, sql`${deadLetter.splitFrom} in (${keys})`);
  const isDated = sql`${deadLetter.storedOn} in (${sql.join(
    days.map((day) => sql`${day}::date`),
    sql`, `,
  )})`;
  return sql`(${isDated} and ${isNamed} and exists (
    select from ${pickRows(picks)} picked where picked.stored_on = ${deadLetter.storedOn} and picked.key = ${letterKey}
      and picked.position = any(${deadLetter.positions})))`;
}

/** The rows that match; with ids, those that hold one that is named. */
export function matches({ ids, ...filter }: DeadLetterFilter): SQL | undefined {
  const { currentId, outcome, code, eventType, from, to, isReplayed, isDiscarded } = filter;
  return and(
    currentId === undefined ? undefined : eq(deadLetter.currentId, rowId(currentId) ?? 0),
    outcome === undefined ? undefined : eq(deadLetter.outcome, outcome),
    code === undefined ? undefined : eq(deadLetter.code, storable(code)),
    eventType === undefined ? undefined : eq(deadLetter.eventType, storable(eventType)),
    from === undefined ? undefined : gte(deadLetter.recordedAt, boundOf(from)),
    to === undefined ? undefined : lt(deadLetter.recordedAt, boundOf(to)),
    isSet(deadLetter.replayedAt, isReplayed),
    isSet(deadLetter.discardedAt, isDiscarded),
    ids === undefined ? undefined : holdsPick(picksOf(ids)),
  );
}

/** Not replayed; and not discarded either, unless the filter asks for discarded ones. */
export function isOpen({ isDiscarded = false }: { readonly isDiscarded?: boolean | undefined }): SQL | undefined {
  return and(isNull(deadLetter.replayedAt), (isDiscarded ? isNotNull : isNull)(deadLetter.discardedAt));
}
