import type {
  SeriesMetric as Metric,
  SeriesResolution as Resolution,
  IngestDimension as Dimension,
} from '@currents/core';
import { Field, Float, ID, InputType, ObjectType } from 'type-graphql';
import { enumOf } from './base/enum.js';
import { Count, DateTime } from './base/scalars.js';
import { costs } from './costs.js';
import { IngestToken } from './token.type.js';

export const SeriesMetric = enumOf<Metric>('SeriesMetric', 'What a series counts in each step.', {
  received: 'Events that senders sent: accepted, quarantined and repeated ones together.',
  accepted: 'Events that were accepted and stored.',
  quarantined: 'Events that the catalogue refused.',
  repeated: 'Events of requests that had been stored before; they are stored once.',
  released: 'Events that were released from the quarantine. When they came in, they counted as quarantined.',
  selected: 'Events that a Current was to carry. A replayed event counts again.',
  unselected: 'Accepted events of types that a Current did not select while it was launched.',
  delivered: 'Events that the destination accepted.',
  skipped: 'Events that a rule of the connector left out.',
  rejected: 'Events that the destination refused for good.',
  expired: 'Events that were not delivered within the retry window.',
  latency_p50_ms:
    'Median time from storing an event to its delivery, in milliseconds, within 5 %. Counts events, not deliveries.',
  latency_p95_ms: 'The time in milliseconds within which 95 % of the delivered events were delivered, within 5 %.',
  latency_p99_ms: 'The time in milliseconds within which 99 % of the delivered events were delivered, within 5 %.',
});

export const SeriesResolution = enumOf<Resolution>('SeriesResolution', 'How long the steps of a series are.', {
  minute: 'One minute. Kept for 48 hours.',
  hour: 'One hour. Kept for the retention, RETENTION_DAYS.',
  day: 'One day in UTC, summed from the hours.',
});

export const IngestDimension = enumOf<Dimension>('IngestDimension', 'What each row of counts is about.', {
  token: 'By the ingest token that the sender used.',
  event_type: 'By the type that the event names.',
  hour: 'By the hour in which the hub answered.',
});

@ObjectType({ description: 'The value of a metric in one step of time.' })
export class SeriesPoint {
  @Field(() => DateTime, { description: 'When the step begins, such as 2026-01-31T09:30:00Z for a minute.' })
  at!: Date;

  @Field(() => Float, {
    nullable: true,
    description: 'A count, 0 when there were no events; or a latency in milliseconds, null when nothing was delivered.',
  })
  value?: number;
}

@ObjectType({ description: 'One metric over time.' })
export class MetricSeries {
  @Field(() => SeriesMetric, { description: 'What the values are.' })
  metric!: Metric;

  @Field(() => [SeriesPoint], {
    description: 'A point for each step, the earliest first.',
    complexity: ({ childComplexity }) => 1 + childComplexity,
  })
  points!: SeriesPoint[];
}

@ObjectType({ description: 'Metrics over time, all with the same steps.' })
export class EventSeries {
  @Field(() => SeriesResolution, { description: 'How long the steps are.' })
  resolution!: Resolution;

  @Field(() => DateTime, {
    description: 'Since when the hub counts by minute and hour; all that happened before is missing.',
  })
  countedSince!: Date;

  @Field(() => [MetricSeries], {
    description: 'One series for each metric that was asked for, in that order.',
    complexity: ({ childComplexity }) => 1 + childComplexity,
  })
  series!: MetricSeries[];
}

@InputType({ description: 'Which events to count. A field that is left out restricts nothing.' })
export class IngestCountsFilter {
  @Field(() => ID, { nullable: true, description: 'Only events that came with the ingest token of this id.' })
  ingestTokenId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only events of this type, such as users.messages.email.Open; "" for those without a known type.',
  })
  eventType?: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'The hour of this time and later ones; by default the 24 hours before to.',
  })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Up to this time, its hour included; by default now.' })
  to?: Date | null;
}

@ObjectType({ description: 'How many events came in: received = accepted + quarantined + repeated.' })
export class IngestCounts {
  @Field(() => DateTime, { nullable: true, description: 'When the hour begins; null unless grouped by HOUR.' })
  at?: Date;

  @Field(() => ID, { nullable: true, description: 'Id of the ingest token; null unless grouped by TOKEN.' })
  ingestTokenId?: string;

  @Field(() => IngestToken, {
    nullable: true,
    complexity: costs.read,
    description: 'The ingest token; null unless grouped by TOKEN.',
  })
  ingestToken?: IngestToken;

  @Field(() => String, {
    nullable: true,
    description:
      'The event type, such as users.messages.email.Open; null for events that name no type of the catalogue, and unless grouped by EVENT_TYPE.',
  })
  eventType?: string;

  @Field(() => Count, {
    description:
      'Events of requests that were answered with 200. Requests that were refused as a whole are not counted.',
  })
  received!: number;

  @Field(() => Count, { description: 'Events that were accepted and stored.' })
  accepted!: number;

  @Field(() => Count, { description: 'Events that the catalogue refused. They are in the quarantine.' })
  quarantined!: number;

  @Field(() => Count, { description: 'Events of requests that had been stored before: a sender sent them again.' })
  repeated!: number;

  @Field(() => Count, {
    description:
      'Events that were released from the quarantine. They are not part of received, where they counted before.',
  })
  released!: number;
}
