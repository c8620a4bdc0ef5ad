import type { ComplexityEstimatorArgs } from 'graphql-query-complexity';

type Cost = Pick<ComplexityEstimatorArgs, 'args' | 'childComplexity'>;

/** What a whole request may cost: some two pages of 200 Currents with everything there is to see of them. */
export const maxCost = 25_000;

/** What fields cost that are not just there. One unit is about one field of an answer. */
export const costs = {
  /** A few queries. */
  read: ({ childComplexity }: Cost): number => 20 + childComplexity,
  page: ({ args, childComplexity }: Cost): number => 20 + (Number(args['first']) || 1) * childComplexity,
  /** A page for each node of which a batch may have to be read and unpacked. */
  deepPage: ({ args, childComplexity }: Cost): number => 20 + (Number(args['first']) || 1) * (20 + childComplexity),
  /** A list of some items, each with many parts; nothing has to be read for it. */
  tree: ({ childComplexity }: Cost): number => 100 * childComplexity,
  /** About a hundred event types with 1,500 properties: 180 KB and 150 ms with all fields. */
  catalogue: ({ childComplexity }: Cost): number => 500 * childComplexity,
  /** Counts up to 10,000 rows; counted once for each item of the page, as its fields are. */
  count: 5,
  write: ({ childComplexity }: Cost): number => 100 + childComplexity,
  /** A request to a partner. */
  call: ({ childComplexity }: Cost): number => 1_000 + childComplexity,
  /** Reads through all there is. */
  scan: ({ childComplexity }: Cost): number => 5_000 + childComplexity,
};
