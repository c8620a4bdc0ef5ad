import { and, sql, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { violatesUnique } from '../db/errors.js';
import type { Queries } from './admin.js';
import { fieldProblem, type FieldProblem, type FieldProblemCode, type NameTaken } from './problem.js';

export type CheckedText = { readonly value: string } | { readonly problem: FieldProblem };

/** Trims a name for people: 1 to 100 characters, on one line. */
export function checkName(given: string): CheckedText {
  const value = given.trim();
  const problem = (code: FieldProblemCode, message: string): CheckedText => ({
    problem: fieldProblem('name', code, message),
  });
  if (value === '') return problem('required', 'expected 1 to 100 characters, got none');
  if ([...value].length > 100) return problem('out_of_range', `expected 1 to 100 characters, got ${[...value].length}`);
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value))
    return problem('malformed', 'expected one line of text without control characters');
  return { value };
}

interface Names {
  readonly table: PgTable & { readonly id: PgColumn; readonly name: PgColumn };
  /** Unique index on the lower-case names of the rows for which `isUnique` holds. */
  readonly index: string;
  readonly isUnique: SQL | undefined;
  readonly ownerType: NameTaken['ownerType'];
  /** Says that the name is taken. */
  readonly message: string;
}

/** Writes a row with a name, unless another row has the name. Writes again if that one has given it up meanwhile. */
export async function unlessNameTaken<Result>(
  db: Queries,
  name: string,
  { table, index, isUnique, ownerType, message }: Names,
  write: () => Promise<Result>,
): Promise<Result | NameTaken> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!violatesUnique(error, index)) throw error;
      const isOwner = and(sql`lower(${table.name}) = lower(${name})`, isUnique);
      const [owner] = await db.select({ id: table.id }).from(table).where(isOwner);
      if (owner) return { kind: 'NameTaken', message, ownerType, ownerId: String(owner.id) };
    }
  }
}
