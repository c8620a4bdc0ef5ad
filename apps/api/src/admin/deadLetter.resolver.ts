import {
  countDeadLetters,
  listDeadLetters,
  planReplay,
  replayDeadLetters,
  type DeadLetter as Letter,
} from '@currents/core';
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import {
  DeadLetter,
  DeadLetterCount,
  DeadLetterFilter,
  DeadLetterPage,
  ReplayFilter,
  ReplayResult,
} from './deadLetter.type.js';
import { given } from './withoutNulls.js';

@Resolver(() => DeadLetter)
export class DeadLetterResolver {
  @Query(() => DeadLetterPage, {
    description: 'Events that will not be delivered any more, the newest first.',
    complexity: costs.deepPage,
  })
  async deadLetters(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Arg('currentId', () => ID, { nullable: true, description: 'Of this Current. Left out: of any.' })
    currentId: string | null | undefined,
    @Arg('filter', () => DeadLetterFilter, { nullable: true, description: 'Which dead letters.' })
    filter: DeadLetterFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listDeadLetters(
      admin,
      { first, after: after ?? undefined },
      { ...given(filter), currentId: currentId ?? undefined },
    );
  }

  @FieldResolver(() => String, { nullable: true, description: 'Id of the event.' })
  eventId(@Root() { event }: Letter): string | undefined {
    return event?.id;
  }

  @FieldResolver(() => String, { nullable: true, description: 'Type of the event.' })
  eventType(@Root() { event }: Letter): string | undefined {
    return event?.event_type;
  }

  @Query(() => [DeadLetterCount], {
    description: 'How many dead letters have each code, the most frequent first.',
    complexity: costs.scan,
  })
  async deadLetterCounts(
    @Arg('currentId', () => ID, { nullable: true, description: 'Of this Current. Left out: of any.' })
    currentId: string | null | undefined,
    @Arg('filter', () => DeadLetterFilter, { nullable: true, description: 'Which dead letters.' })
    filter: DeadLetterFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return countDeadLetters(admin, { ...given(filter), currentId: currentId ?? undefined });
  }

  @Mutation(() => ReplayResult, {
    description:
      'Sends dead letters of a Current on their way again. Without confirm it only says how many it would. ' +
      'Each is replayed once, and that cannot be undone; what fails again is a new dead letter.',
    complexity: costs.scan,
  })
  async replayDeadLetters(
    @Arg('currentId', () => ID, { description: 'Id of the Current.' }) currentId: string,
    @Arg('filter', () => ReplayFilter, {
      nullable: true,
      description: 'Which of its dead letters. Left out: all that were not replayed yet.',
    })
    filter: ReplayFilter | null | undefined,
    @Arg('confirm', () => Boolean, { defaultValue: false, description: 'Do it.' }) confirm: boolean,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return confirm ? replayDeadLetters(admin, currentId, given(filter)) : planReplay(admin, currentId, given(filter));
  }
}
