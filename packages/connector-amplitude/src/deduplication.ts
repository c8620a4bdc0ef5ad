import type { Deduplication } from '@currents/connector';

const dayMs = 24 * 3_600_000;

/** Amplitude, HTTP V2 reference, insert_id. */
export const deduplication: Deduplication = {
  rule: 'Amplitude ignores an event with the insert_id of one that it received for the same device within the past 7 days.',
  windowMs: 7 * dayMs,
  source: 'Amplitude, HTTP V2 API, insert_id',
};
