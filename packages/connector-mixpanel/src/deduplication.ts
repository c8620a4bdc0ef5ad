import type { Deduplication } from '@currents/connector';

/** Of equal copies reports count the latest at once; the raw export has all until Mixpanel compacts them. */
export const deduplication: Deduplication = {
  rule: 'Mixpanel counts one of the events that agree in event name, time, distinct_id and $insert_id, the one that came last. The raw export holds every copy until Mixpanel compacts them, up to 20 days later.',
  source: 'Mixpanel, Event Deduplication',
};
