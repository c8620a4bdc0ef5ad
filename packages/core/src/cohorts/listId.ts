import { createHash } from 'node:crypto';

/** The hub's own id of a partner's cohort. Made of nothing but what never changes, so it is the same for ever. */
export function listIdOf(partner: string, partnerId: string): string {
  const hash = createHash('sha256').update(`${partner}\0${partnerId}`).digest('hex');
  return `list_${hash.slice(0, 24)}`;
}
