import type { Noticed } from '../currents/currentWarnings.js';
import type { DeliverResult } from '../delivery/deliver.js';

/** What an attempt showed that its Current keeps working in spite of, and an admin should know. */
export function noticedIn(
  { unconfirmed, unreadable }: Pick<DeliverResult, 'unconfirmed' | 'unreadable'>,
  gzipRefusal: string | undefined,
): readonly Noticed[] {
  const noticed: Noticed[] = [];
  if (unconfirmed)
    noticed.push({ code: 'answers_unconfirmed', detail: unconfirmed.warning, events: unconfirmed.events });
  for (const { delivery, error, events } of unreadable) {
    const isNewer = error.reason === 'newer';
    noticed.push({
      code: isNewer ? 'batch_newer' : 'batch_unreadable',
      detail: error.message,
      // What waits for a later release is tried again and again.
      events: isNewer && delivery.attempts > 1 ? 0 : events,
    });
  }
  if (gzipRefusal !== undefined) noticed.push({ code: 'gzip_refused', detail: gzipRefusal, events: 0 });
  return noticed;
}
