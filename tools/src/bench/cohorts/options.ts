import { number, text, type OptionValues } from '../../options.js';

export const options = {
  members: number(10_000_000, 1_000, 100_000_000, 'members of the cohort'),
  pageMembers: number(1_000, 1, 10_000, 'members of a page; Mixpanel sends up to 1000'),
  senders: number(4, 1, 64, 'pages in flight while importing'),
  pagesPerSecond: number(20, 1, 1_000, 'pages a second while answers are timed'),
  seconds: number(20, 1, 600, 'how long answers are timed beside events'),
  eventsPerSecond: number(10_000, 0, 1_000_000, 'events a second meanwhile; 0 for as many as the hub accepts'),
  database: text('URL', undefined, 'an empty database to use; without it, an embedded Postgres, removed at the end'),
};

export type CohortOptions = OptionValues<typeof options>;
