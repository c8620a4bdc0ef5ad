import { databaseFailure } from '../db/databaseFailure.js';
import { OperatorError } from '../operatorError.js';

/** One line of `npm run doctor`. */
export interface Finding {
  /** What was looked at, such as `clock`. */
  readonly subject: string;
  readonly status: 'ok' | 'not ok' | 'not checked';
  /** What was seen; for `not ok` with what to do about it, for `not checked` with the reason. Holds no secret. */
  readonly detail: string;
}

type Seen = Omit<Finding, 'subject'>;

export const ok = (detail: string): Seen => ({ status: 'ok', detail });
export const notOk = (detail: string): Seen => ({ status: 'not ok', detail });
export const notChecked = (detail: string): Seen => ({ status: 'not checked', detail });

/** Makes the check; what it throws for an operator to mend is `not ok`. */
export async function find(subject: string, check: () => Promise<Seen>): Promise<Finding> {
  try {
    return { subject, ...(await check()) };
  } catch (error) {
    const failure = error instanceof OperatorError ? error : databaseFailure(error);
    if (!failure) throw error;
    return { subject, ...notOk(failure.message) };
  }
}

export type { Seen };
