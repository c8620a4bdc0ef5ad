import {
  countDaily,
  createCurrent,
  deleteCurrent,
  findCurrents,
  getCurrent,
  launchCurrentFrom,
  listCurrents,
  listDestinations,
  listKeysNearQuota,
  listThrottledKeys,
  pauseCurrent,
  resumeCurrent,
  testGiven,
  updateCurrent,
  windowEndsAt,
  type CurrentView,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { DateTime, Day } from './base/scalars.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import {
  CreateCurrentInput,
  CurrentFilter,
  CurrentOrder,
  DeleteCurrentInput,
  LaunchCurrentInput,
  PauseCurrentInput,
  ResumeCurrentInput,
  TestCredentialsInput,
  UpdateCurrentInput,
} from './current.input.js';
import {
  CreateCurrentResult,
  CurrentResult,
  DeleteCurrentResult,
  LaunchCurrentResult,
  PauseCurrentResult,
  ResumeCurrentResult,
  TestCredentialsResult,
  UpdateCurrentResult,
} from './current.result.js';
import { Current, CurrentActivity, CurrentConnection, DailyEventCounts } from './current.type.js';
import { Destination } from './destination.type.js';
import { fieldRulesOf } from './fieldRules.input.js';
import { KeyNearQuotaConnection } from './keyNearQuota.type.js';
import { ThrottledKeyConnection } from './throttledKey.type.js';
import { given } from './withoutNulls.js';

registerNode('Current', findCurrents);

const keyOf = ({ id }: { readonly id: string }): string => decodeId('Current', id, 'input.id');

@Resolver(() => Current)
export class CurrentResolver {
  @RequiresRole('viewer')
  @Query(() => CurrentConnection, {
    description: 'Currents, the newest first by default.',
    complexity: costs.page,
  })
  async currents(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => CurrentFilter, { nullable: true, description: 'Which Currents to list.' })
    filter: CurrentFilter | null | undefined,
    @Arg('orderBy', () => CurrentOrder, {
      nullable: true,
      description: 'How to order them; by default by the time of creation, the newest first.',
    })
    orderBy: InstanceType<typeof CurrentOrder> | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listCurrents(admin, page, given(filter), orderBy ?? undefined);
  }

  @RequiresRole('viewer')
  @Query(() => CurrentResult, { description: 'One Current, in whatever state.', complexity: costs.read })
  async current(
    @Arg('id', () => ID, { description: 'Id of the Current, such as "cur_7".' }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getCurrent(admin, decodeId('Current', id, 'id'));
  }

  @FieldResolver(() => Destination, { nullable: true })
  destination(@Root() { destinationName }: CurrentView, @Ctx() { admin }: AdminContext): unknown {
    return listDestinations(admin).find(({ name }) => name === destinationName);
  }

  @FieldResolver(() => [DailyEventCounts], {
    description:
      'How the events stand that arrived on each day, the latest day first. Days without events are left out.',
    complexity: ({ childComplexity }) => 20 + 31 * childComplexity,
  })
  async dailyCounts(
    @Arg('from', () => Day, {
      nullable: true,
      description: 'First day in UTC, such as 2026-01-31; by default 30 days before the last one.',
    })
    from: string | null | undefined,
    @Arg('to', () => Day, {
      nullable: true,
      description: 'Last day in UTC, at most 366 days after the first one; today by default.',
    })
    to: string | null | undefined,
    @Root() { id }: CurrentView,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return countDaily(admin, Number(id), { from: from ?? undefined, to: to ?? undefined });
  }

  @FieldResolver(() => CurrentActivity, {
    description:
      'How its events ended in each of the last 24 hours: 24 numbers of each kind, which appear within two minutes. Read for all Currents of a page at once.',
    complexity: costs.items,
  })
  async activity(@Root() { id }: CurrentView, @Ctx() { loadActivity }: AdminContext): Promise<unknown> {
    return loadActivity(id);
  }

  @FieldResolver(() => DateTime, {
    nullable: true,
    description:
      'When its first pending event expires, as its retry window ends, unless the Current is repaired before; null when it is not BLOCKED or nothing is pending. At most some seconds old.',
    complexity: 20,
  })
  async retryWindowEndsAt(@Root() { id }: CurrentView, @Ctx() { hubStatus }: AdminContext): Promise<Date | undefined> {
    const { currents, windowMs } = await hubStatus.read(1_000);
    const status = currents.value?.find((current) => String(current.id) === id);
    return status && windowEndsAt(status, windowMs);
  }

  @RequiresRole('operator')
  @FieldResolver(() => ThrottledKeyConnection, {
    description:
      'The users and devices whose events wait because they arrive faster than the destination accepts them per key, the longest waiting first. Events of other keys do not wait.',
    complexity: costs.page,
  })
  async throttledKeys(
    @Args(() => PageArgs) page: PageArgs,
    @Root() { id }: CurrentView,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listThrottledKeys(admin, Number(id), page);
  }

  @RequiresRole('operator')
  @FieldResolver(() => KeyNearQuotaConnection, {
    description:
      'The users and devices of which 80 % or more of the destination’s quota per key and day has been delivered, by the hub’s own count, the nearest first. A warning only: events wait once the destination refuses them, see throttledKeys.',
    complexity: costs.page,
  })
  async keysNearQuota(
    @Args(() => PageArgs) page: PageArgs,
    @Root() { id }: CurrentView,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listKeysNearQuota(admin, Number(id), page);
  }

  @RequiresRole('operator')
  @Mutation(() => CreateCurrentResult, {
    description: 'Creates a Current as a draft: it carries nothing until it is launched. To undo it, delete it.',
    complexity: costs.write,
  })
  async createCurrent(
    @Arg('input', () => CreateCurrentInput, { description: 'The Current to create.' }) input: CreateCurrentInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createCurrent(admin, { ...input, fieldRules: fieldRulesOf(input.fieldRules) });
  }

  @RequiresRole('operator')
  @Mutation(() => UpdateCurrentResult, {
    description:
      'Changes a Current, from its next attempt on. To undo it, pass what the payload says it was before; former credentials are gone, so replacing them has to be confirmed by name. A blocked Current whose settings, field rules or credentials change is probed at once.',
    complexity: costs.write,
  })
  async updateCurrent(
    @Arg('input', () => UpdateCurrentInput, { description: 'The Current and what to change about it.' })
    input: UpdateCurrentInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return updateCurrent(admin, keyOf(input), { ...input, fieldRules: fieldRulesOf(input.fieldRules) });
  }

  @RequiresRole('operator')
  @Mutation(() => TestCredentialsResult, {
    description:
      'Asks the destination whether it would accept events, without sending any. Changes nothing, except that a blocked Current that passes with what is stored goes live soon after. Tests of given credentials are limited to 30 per minute for one admin token; they are neither stored nor logged.',
    complexity: costs.call,
  })
  async testCredentials(
    @Arg('input', () => TestCredentialsInput, { description: 'What to test, and what to try.' })
    input: TestCredentialsInput,
    @Ctx() { admin, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const { currentId, ...rest } = given(input);
    const key = currentId === undefined ? undefined : decodeId('Current', currentId, 'input.currentId');
    return testGiven(admin, { ...rest, currentId: key }, adminTokenId);
  }

  @RequiresRole('operator')
  @Mutation(() => LaunchCurrentResult, {
    description:
      'Makes a draft live: it carries the events that arrive from now on, or from an earlier time. Tests first, as testCredentials does, whether the destination would accept events; if not, the draft is not launched. Repeating it changes nothing. pauseCurrent undoes it; what was sent stays sent.',
    complexity: costs.call,
  })
  async launchCurrent(
    @Arg('input', () => LaunchCurrentInput, { description: 'The Current to launch.' }) input: LaunchCurrentInput,
    @Ctx() { admin, jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const { skipTest, isPaused, from } = input;
    const options = { skipTest, isPaused, from: from ?? undefined };
    const launched = await launchCurrentFrom(admin, keyOf(input), options, adminTokenId);
    jobs.wake();
    return launched;
  }

  @RequiresRole('operator')
  @Mutation(() => PauseCurrentResult, {
    description:
      'Pauses a live or blocked Current: nothing is sent, arriving events are kept, and none expires until it is resumed. Repeating it changes nothing. resumeCurrent undoes it.',
    complexity: costs.write,
  })
  async pauseCurrent(
    @Arg('input', () => PauseCurrentInput, { description: 'The Current to pause.' }) input: PauseCurrentInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return pauseCurrent(admin, keyOf(input));
  }

  @RequiresRole('operator')
  @Mutation(() => ResumeCurrentResult, {
    description:
      'Makes a paused Current live again: kept events are sent, the oldest first, with a retry window that begins anew. Repeating it changes nothing. pauseCurrent undoes it.',
    complexity: costs.write,
  })
  async resumeCurrent(
    @Arg('input', () => ResumeCurrentInput, { description: 'The Current to resume.' }) input: ResumeCurrentInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return resumeCurrent(admin, keyOf(input));
  }

  @RequiresRole('admin')
  @Mutation(() => DeleteCurrentResult, {
    description:
      'Ends a Current for good. Cannot be undone: its credentials are erased, its pending events expire, and cohorts that are pulled through it keep their members and are pulled again only once they are pulled through another Current. Its name is free again; its counts and dead letters can still be read.',
    complexity: costs.write,
  })
  async deleteCurrent(
    @Arg('input', () => DeleteCurrentInput, { description: 'The Current to delete.' }) input: DeleteCurrentInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteCurrent(admin, keyOf(input), input.confirmName);
  }
}
