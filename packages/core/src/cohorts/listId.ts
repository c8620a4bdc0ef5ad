import { createHash } from 'node:crypto';

/** The hub's permanent id of a partner's cohort: a hash of the partner and its id. */
export function listIdOf(partner: string, partnerId: string): string {
  const hash = createHash('sha256').update(`${partner}\0${partnerId}`).digest('hex');
  return `list_${hash.slice(0, 24)}`;
}
