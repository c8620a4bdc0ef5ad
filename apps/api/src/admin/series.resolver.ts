import {
  countIngest,
  countPoints,
  maxCountRows,
  readSeries,
  type IngestCounts as Counts,
  type IngestDimension as Dimension,
  type SeriesMetric as Metric,
  type SeriesQuestion,
  type SeriesResolution as Resolution,
} from '@currents/core';
import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { decodeId, encodeId } from './base/ids.js';
import { DateTime } from './base/scalars.js';
import { RequiresRole } from './base/role.js';
import {
  EventSeries,
  IngestCounts,
  IngestCountsFilter,
  IngestDimension,
  SeriesMetric,
  SeriesResolution,
} from './series.type.js';
import { IngestToken } from './token.type.js';
import { given } from './withoutNulls.js';

@Resolver(() => IngestCounts)
export class SeriesResolver {
  @RequiresRole('viewer')
  @Query(() => EventSeries, {
    description:
      'How many events came in, or how the events of Currents ended, in each minute, hour or day. At most 2,000 points. Counts are exact; those of Currents appear within two minutes, and a minute that the hub was down for is part of the next one. Latencies may lack the last minute of a worker that was killed.',
    complexity: ({ args, childComplexity }) => 200 + countPoints(args as SeriesQuestion) * childComplexity,
  })
  async series(
    @Arg('metrics', () => [SeriesMetric], { description: 'What to count, such as [SELECTED, DELIVERED].' })
    metrics: Metric[],
    @Arg('resolution', () => SeriesResolution, { description: 'How long the steps are.' }) resolution: Resolution,
    @Arg('currentId', () => ID, {
      nullable: true,
      description: 'Only of this Current, such as "cur_7"; by default the sum of all. Not for what came in.',
    })
    currentId: string | null | undefined,
    @Arg('ingestTokenId', () => ID, {
      nullable: true,
      description: 'Only what came in with this token, such as "tok_1"; by default with all.',
    })
    ingestTokenId: string | null | undefined,
    @Arg('eventType', () => String, {
      nullable: true,
      description:
        'Only what came in of this type, such as users.messages.email.Open; by default of all. With ingestTokenId only by HOUR or DAY.',
    })
    eventType: string | null | undefined,
    @Arg('from', () => DateTime, {
      nullable: true,
      description: 'The step of this time and later ones; by default 60 minutes, 24 hours or 14 days before to.',
    })
    from: Date | null | undefined,
    @Arg('to', () => DateTime, {
      nullable: true,
      description: 'Up to this time, its step included; by default now.',
    })
    to: Date | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return readSeries(admin, {
      metrics,
      resolution,
      currentId: currentId ? decodeId('Current', currentId, 'currentId') : undefined,
      tokenId: ingestTokenId ? decodeId('IngestToken', ingestTokenId, 'ingestTokenId') : undefined,
      eventType: eventType ?? undefined,
      from: from ?? undefined,
      to: to ?? undefined,
    });
  }

  @RequiresRole('viewer')
  @Query(() => [IngestCounts], {
    description:
      'How many events came in, by token, type and hour, exact up to this moment: received = accepted + quarantined + repeated. At most 1,000 rows, the earliest hour first; rows without events are left out. Kept for the retention.',
    complexity: ({ args, childComplexity }) =>
      200 + ((args['groupBy'] as unknown[]).length > 0 ? maxCountRows : 1) * childComplexity,
  })
  async ingestCounts(
    @Arg('groupBy', () => [IngestDimension], {
      defaultValue: [],
      description: 'What each row is about, such as [TOKEN, HOUR]; by default one row is about all.',
    })
    groupBy: Dimension[],
    @Arg('filter', () => IngestCountsFilter, { nullable: true, description: 'Which events to count.' })
    filter: IngestCountsFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const { ingestTokenId, ...rest } = given(filter);
    const tokenId =
      ingestTokenId === undefined ? undefined : decodeId('IngestToken', ingestTokenId, 'filter.ingestTokenId');
    return countIngest(admin, { ...rest, tokenId }, groupBy);
  }

  @FieldResolver(() => ID, { nullable: true })
  ingestTokenId(@Root() { tokenId }: Counts): string | undefined {
    return tokenId === undefined ? undefined : encodeId('IngestToken', tokenId);
  }

  @FieldResolver(() => IngestToken, { nullable: true })
  ingestToken(@Root() { tokenId }: Counts, @Ctx() { load }: AdminContext): unknown {
    return tokenId === undefined ? undefined : load('IngestToken', tokenId);
  }
}
