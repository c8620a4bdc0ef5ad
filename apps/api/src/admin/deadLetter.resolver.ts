import {
  countDeadLetters,
  findDeadLetters,
  listDeadLetters,
  replayProblem,
  type DeadLetter as Letter,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId, encodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { Current } from './current.type.js';
import {
  DeadLetter,
  DeadLetterConnection,
  DeadLetterCount,
  DeadLetterFilter,
  ReplayDeadLettersInput,
} from './deadLetter.type.js';
import { ReplayDeadLettersResult } from './jobPayload.type.js';
import { given } from './withoutNulls.js';

registerNode('DeadLetter', findDeadLetters);

@Resolver(() => DeadLetter)
export class DeadLetterResolver {
  @RequiresRole('viewer')
  @Query(() => DeadLetterConnection, {
    description: 'Events that could not be delivered, the newest first.',
    complexity: costs.deepPage,
  })
  async deadLetters(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => DeadLetterFilter, { nullable: true, description: 'Which dead letters to list.' })
    filter: DeadLetterFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listDeadLetters(admin, page, filterOf(filter));
  }

  @FieldResolver(() => ID)
  currentId(@Root() { currentId }: Letter): string {
    return encodeId('Current', currentId);
  }

  @FieldResolver(() => Current, { complexity: costs.read })
  current(@Root() { currentId }: Letter, @Ctx() { load }: AdminContext): unknown {
    return load('Current', currentId);
  }

  @FieldResolver(() => String, { nullable: true })
  eventId(@Root() { event }: Letter): string | undefined {
    return event?.id;
  }

  @FieldResolver(() => String, { nullable: true })
  eventType(@Root() { event }: Letter): string | undefined {
    return event?.event_type;
  }

  @RequiresRole('viewer')
  @Query(() => [DeadLetterCount], {
    description: 'How many dead letters have each reason, the most frequent first.',
    complexity: costs.scan,
  })
  async deadLetterCounts(
    @Arg('filter', () => DeadLetterFilter, { nullable: true, description: 'Which dead letters to count.' })
    filter: DeadLetterFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return countDeadLetters(admin, filterOf(filter));
  }

  @RequiresRole('operator')
  @Mutation(() => ReplayDeadLettersResult, {
    description:
      'Sends dead letters of a Current again: each once, as a new delivery; what fails again is a new dead letter. Cannot be undone, so it is a dry run by default.',
    complexity: costs.scan,
  })
  async replayDeadLetters(
    @Arg('input', () => ReplayDeadLettersInput, { description: 'Which dead letters to replay.' })
    { currentId, filter, dryRun }: ReplayDeadLettersInput,
    @Ctx() { admin, jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Current', currentId, 'input.currentId');
    const input = { currentId: key, filter: given(filter), isDryRun: dryRun };
    return (await replayProblem(admin, key)) ?? jobs.create('replay_dead_letters', input, adminTokenId);
  }
}

function filterOf(filter: DeadLetterFilter | null | undefined) {
  const { currentId, ...rest } = given(filter);
  return {
    ...rest,
    currentId: currentId === undefined ? undefined : decodeId('Current', currentId, 'filter.currentId'),
  };
}
