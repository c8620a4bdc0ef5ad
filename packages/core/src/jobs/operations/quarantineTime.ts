import type { QuarantineFilter } from '../../ledger/quarantineFilter.js';
import { datesOf } from '../operation.js';

/** A stored filter that leaves out what arrives after the job has begun. */
export function upTo(filter: QuarantineFilter, until: string | undefined): QuarantineFilter {
  const { to, ...rest } = datesOf(filter);
  if (until === undefined) return { ...rest, to };
  const end = new Date(until);
  return { ...rest, to: to !== undefined && to < end ? to : end };
}
