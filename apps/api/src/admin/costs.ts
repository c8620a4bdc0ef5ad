import { getNamedType, getNullableType, isCompositeType, isListType } from 'graphql';
import type { ComplexityEstimator, ComplexityEstimatorArgs } from 'graphql-query-complexity';

type Cost = Pick<ComplexityEstimatorArgs, 'args' | 'childComplexity'>;

/** What a whole request may cost: some two pages of 200 Currents with everything there is to see of them. */
export const maxCost = 50_000;

export interface QueryCosts {
  /** What the queries of a process may cost that are under way at once; others wait. */
  readonly maxCostAtOnce: number;
  /** Queries that may wait, and for how long. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
}

/** Only one of the costliest queries at once: what two hold together, the garbage collector copies again and again. */
export const queryCosts: QueryCosts = { maxCostAtOnce: maxCost, maxWaiting: 200, maxWaitMs: 10_000 };

/**
 * Loop time of one query. A unit of cost takes one to three microseconds, so this is some ten times what the costliest
 * query takes on an idle machine.
 */
export const maxQueryMs = 2_000;

/**
 * What fields cost that are not just there. One unit is one field of an answer: `queryCost.test.ts` counts the fields of
 * real answers, and `npm run bench:attacks -- --only "costly queries"` measures their time.
 */
export const costs = {
  /** A few queries. */
  read: ({ childComplexity }: Cost): number => 20 + childComplexity,
  page: ({ args, childComplexity }: Cost): number => 20 + (Number(args['first']) || 1) * childComplexity,
  /** A page for each node of which a batch may have to be read and unpacked. */
  deepPage: ({ args, childComplexity }: Cost): number => 20 + (Number(args['first']) || 1) * (20 + childComplexity),
  /** A look-up in the event index: may unpack up to 20 batches of thousands of events. */
  lookUp: ({ childComplexity }: Cost): number => 5_000 + childComplexity,
  lookUpPage: ({ args, childComplexity }: Cost): number => 5_000 + (Number(args['first']) || 1) * childComplexity,
  /** Looks for the items of a page in up to 100,000 rows, and reads a batch for each. */
  walk: ({ args, childComplexity }: Cost): number => 5_000 + (Number(args['first']) || 1) * (20 + childComplexity),
  /** The items of a page, of which the page's cost takes account. */
  items: ({ childComplexity }: Cost): number => 1 + childComplexity,
  /** A list of about `length` items; nothing has to be read for it. */
  list:
    (length: number) =>
    ({ childComplexity }: Cost): number =>
      1 + Math.ceil(length * childComplexity),
  /** A segment's definition, of some ten parts. How they are nested is not known, so its levels cost nothing beside. */
  definition: ({ childComplexity }: Cost): number => 1 + 10 * childComplexity,
  /** Names of event types, of which there are a hundred. A text of a list costs a fifth of a field. */
  names: 20,
  /** A JSON Schema. */
  document: 50,
  /** Counts up to 10,000 rows; counted once for each item of the page, as its fields are. */
  count: 5,
  write: ({ childComplexity }: Cost): number => 100 + childComplexity,
  /** A request to a partner. */
  call: ({ childComplexity }: Cost): number => 1_000 + childComplexity,
  /** Reads through all there is. */
  scan: ({ childComplexity }: Cost): number => 5_000 + childComplexity,
};

/** Items of a list whose field states no cost. */
const usualLength = 3;

/** The cost of a field that states none. */
export const usualCost: ComplexityEstimator = ({ field, childComplexity }) => {
  if (!isListType(getNullableType(field.type))) return 1 + childComplexity;
  return 1 + usualLength * (isCompositeType(getNamedType(field.type)) ? childComplexity : 1);
};
