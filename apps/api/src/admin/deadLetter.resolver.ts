import {
  countDeadLetters,
  discardProblem,
  findDeadLetters,
  groupDeadLetters,
  listDeadLetters,
  narrowDeadLetters,
  replayProblem,
  verdictOf,
  type CurrentView,
  type DeadLetter as Letter,
  type DeadLetterFilter as CoreFilter,
  type DeadLetterVerdict,
  type DeadLetterSearch,
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
  DeadLetterGroup,
  DiscardDeadLettersInput,
  ReplayDeadLettersInput,
  RestoreDeadLettersInput,
  type ReplayFilter,
} from './deadLetter.type.js';
import { DiscardDeadLettersResult, ReplayDeadLettersResult, RestoreDeadLettersResult } from './jobPayload.type.js';
import { checkReason } from './reason.js';
import { AdminToken } from './token.type.js';
import { given, type Given } from './withoutNulls.js';

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
    return listDeadLetters(admin, page, await narrowDeadLetters(admin, filterOf(filter)));
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

  @FieldResolver()
  async verdict(@Root() letter: Letter, @Ctx() { admin, load }: AdminContext): Promise<DeadLetterVerdict> {
    const current = (await load('Current', letter.currentId)) as CurrentView | undefined;
    return verdictOf(admin.connectors.get(current?.destinationName ?? ''), letter);
  }

  @FieldResolver(() => AdminToken, { nullable: true, complexity: costs.read })
  discardedBy(@Root() { discardedBy }: Letter, @Ctx() { load }: AdminContext): unknown {
    return discardedBy === undefined ? undefined : load('AdminToken', discardedBy);
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
    return countDeadLetters(admin, await narrowDeadLetters(admin, filterOf(filter)));
  }

  @RequiresRole('viewer')
  @Query(() => [DeadLetterGroup], {
    description:
      'The dead letters of a Current by outcome, reason and event type: the 200 largest groups, the largest first. To act on one, pass its outcome, code and eventType as the filter.',
    complexity: costs.scan,
  })
  async deadLetterGroups(
    @Arg('currentId', () => ID, { description: 'Id of the Current, such as "cur_7".' }) currentId: string,
    @Arg('filter', () => DeadLetterFilter, {
      nullable: true,
      description: 'Which of its dead letters to group; its currentId is ignored.',
    })
    filter: DeadLetterFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Current', currentId, 'currentId');
    const search = { ...filterOf({ ...filter, currentId: null }), currentId: key };
    return groupDeadLetters(admin, { ...(await narrowDeadLetters(admin, search)), currentId: key });
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
    const problem = await replayProblem(admin, key);
    if (problem) return problem;
    const input = { currentId: key, filter: await openOf(admin, key, filter), isDryRun: dryRun };
    return jobs.create('replay_dead_letters', input, adminTokenId);
  }

  @RequiresRole('operator')
  @Mutation(() => DiscardDeadLettersResult, {
    description:
      'Closes dead letters that are not to be sent, with a reason: they are counted on, listed as discarded, and neither in overview nor replayed by default. To undo it, call restoreDeadLetters.',
    complexity: costs.scan,
  })
  async discardDeadLetters(
    @Arg('input', () => DiscardDeadLettersInput, { description: 'Which dead letters to discard, and why.' })
    { currentId, filter, reason, dryRun, confirmName }: DiscardDeadLettersInput,
    @Ctx() { admin, jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Current', currentId, 'input.currentId');
    checkReason(reason);
    const problem = await discardProblem(admin, key, dryRun ? 'dry run' : { confirmName: confirmName ?? undefined });
    if (problem) return problem;
    const open = await openOf(admin, key, filter);
    const input = { currentId: key, filter: open, isDryRun: dryRun, reason, adminTokenId };
    return jobs.create('discard_dead_letters', input, adminTokenId);
  }

  @RequiresRole('operator')
  @Mutation(() => RestoreDeadLettersResult, {
    description: 'Opens discarded dead letters again, as if they had not been discarded. discardDeadLetters undoes it.',
    complexity: costs.scan,
  })
  async restoreDeadLetters(
    @Arg('input', () => RestoreDeadLettersInput, { description: 'Which discarded dead letters to restore.' })
    { currentId, filter, dryRun }: RestoreDeadLettersInput,
    @Ctx() { admin, jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Current', currentId, 'input.currentId');
    const problem = await discardProblem(admin, key, 'dry run');
    if (problem) return problem;
    const input = { currentId: key, filter: await openOf(admin, key, filter), isDryRun: dryRun };
    return jobs.create('restore_dead_letters', input, adminTokenId);
  }
}

/** What a job stores: no id of a user. What was replayed is none of its business. */
async function openOf(
  admin: AdminContext['admin'],
  currentId: string,
  filter: ReplayFilter | null | undefined,
): Promise<CoreFilter> {
  const search = { ...lettersOf(filter, 'input.filter'), currentId, isReplayed: false };
  const { currentId: _currentId, isReplayed: _isReplayed, ...narrow } = await narrowDeadLetters(admin, search);
  return narrow;
}

function lettersOf(filter: ReplayFilter | null | undefined, path: string) {
  return withKeys(given(filter), path);
}

function withKeys({ ids, ingestTokenId, ...rest }: Partial<Given<ReplayFilter>>, path: string) {
  return {
    ...rest,
    ids: ids?.map((id, index) => decodeId('DeadLetter', id, `${path}.ids.${index}`)),
    tokenId: ingestTokenId === undefined ? undefined : decodeId('IngestToken', ingestTokenId, `${path}.ingestTokenId`),
  };
}

function filterOf(filter: DeadLetterFilter | null | undefined): DeadLetterSearch {
  const { currentId, isReplayed, ...rest } = given(filter);
  return {
    ...withKeys(rest, 'filter'),
    isReplayed,
    currentId: currentId === undefined ? undefined : decodeId('Current', currentId, 'filter.currentId'),
  };
}
