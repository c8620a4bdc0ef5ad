import { sql as fragment, type AnyColumn } from 'drizzle-orm';
import { fieldProblem, type FieldProblem } from '../admin/problem.js';
import type { Sql } from '../db/connect.js';

/** How long, in hours, the former secret of a webhook signs beside the new one: a month at most; 0: not at all. */
const maxOverlapHours = 720;

/** How the secret of a webhook is replaced. */
export interface SecretRotation {
  /** The exact URL of the webhook. */
  readonly confirmUrl: string;
  readonly overlapHours: number;
}

/** What a rotation means, after the URL that was expected. */
export function unconfirmedRotation(overlapHours: number): string {
  return overlapHours === 0
    ? '; requests are then signed with the new secret only'
    : `; requests are then signed with the new secret, and for ${overlapHours} hours with the former one as well`;
}

/** The assignments that keep the present secret as the former one. One that is still kept from before is lost. */
export function formerValues(secret: AnyColumn, overlapHours: number) {
  return overlapHours === 0
    ? { formerSecret: null, formerUntil: null }
    : { formerSecret: fragment`${secret}`, formerUntil: fragment`now() + ${overlapHours}::int * interval '1 hour'` };
}

/** Why a secret cannot be replaced with this overlap; undefined when it can. */
export function overlapFault(hours: number): FieldProblem | undefined {
  if (Number.isInteger(hours) && hours >= 0 && hours <= maxOverlapHours) return undefined;
  return fieldProblem('overlapHours', 'out_of_range', `expected 0 to ${maxOverlapHours} hours, got ${hours}`);
}

/**
 * The secrets that sign, the present one first. A former one that does not open is left out: the present one is what a
 * receiver is to have by now.
 * @param open returns an error that says what to do when a secret does not open.
 */
export function openSecrets(
  open: (sealed: Buffer | null) => string | Error,
  { secret: sealed, formerSecret }: { readonly secret: Buffer | null; readonly formerSecret: Buffer | null },
): readonly [string, ...string[]] | Error {
  const secret = open(sealed);
  if (secret instanceof Error || formerSecret === null) return secret instanceof Error ? secret : [secret];
  const former = open(formerSecret);
  return former instanceof Error ? [secret] : [secret, former];
}

/** Erases the former secrets that do not sign any longer. */
export async function eraseFormerSecrets(sql: Sql): Promise<void> {
  for (const table of ['segment_webhook', 'notice_webhook'])
    await sql`update ${sql(table)} set former_secret = null, former_until = null where former_until <= now()`;
}
