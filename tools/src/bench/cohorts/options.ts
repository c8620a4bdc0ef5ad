import type { OptionValues } from '../../options.js';

export const options = {
  members: { type: 'number', default: 10_000_000, min: 1_000, max: 100_000_000, help: 'members of the cohort' },
  pageMembers: {
    type: 'number',
    default: 1_000,
    min: 1,
    max: 10_000,
    help: 'members of a page; Mixpanel sends up to 1000',
  },
  senders: { type: 'number', default: 4, min: 1, max: 64, help: 'pages in flight while importing' },
  pagesPerSecond: { type: 'number', default: 20, min: 1, max: 1_000, help: 'pages a second while answers are timed' },
  seconds: { type: 'number', default: 20, min: 1, max: 600, help: 'how long answers are timed beside events' },
  eventsPerSecond: {
    type: 'number',
    default: 10_000,
    min: 0,
    max: 1_000_000,
    help: 'events a second meanwhile; 0 for as many as the hub accepts',
  },
  database: {
    type: 'text',
    value: 'URL',
    help: 'an empty database to use; without it, an embedded Postgres, removed at the end',
  },
} as const;

export type CohortOptions = OptionValues<typeof options>;
