import {
  updateCurrent,
  countDaily,
  createCurrent,
  deleteCurrent,
  getCurrent,
  launchCurrent,
  listCurrents,
  pauseCurrent,
  resumeCurrent,
  testCredentials,
} from '@currents/core';
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import { ChangeCurrentInput, CreateCurrentInput, CurrentFilter, TestCredentialsInput } from './current.input.js';
import {
  ChangeCurrentResult,
  CreateCurrentResult,
  CurrentResult,
  DeleteCurrentResult,
  GoLiveResult,
  PauseCurrentResult,
  TestCredentialsResult,
} from './current.result.js';
import { Current, CurrentPage, DayCounts } from './current.type.js';
import { given } from './withoutNulls.js';

const ofCurrent = 'Id of the Current.';

@Resolver(() => Current)
export class CurrentResolver {
  @Query(() => CurrentPage, { description: 'Currents, the newest first.', complexity: costs.page })
  async currents(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Arg('filter', () => CurrentFilter, { nullable: true, description: 'Which Currents.' })
    filter: CurrentFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listCurrents(admin, { first, after: after ?? undefined }, given(filter));
  }

  @Query(() => CurrentResult, { description: 'One Current, in whatever state.', complexity: costs.read })
  async current(
    @Arg('id', () => ID, { description: ofCurrent }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getCurrent(admin, id);
  }

  @FieldResolver(() => [DayCounts], {
    description:
      'Day by day, where the events stand that came on it; the latest day first, days without events left out.',
    complexity: costs.page,
  })
  async days(
    @Arg('first', () => Int, { defaultValue: 30, description: 'How many days at most: 1 to 200.' }) first: number,
    @Arg('from', () => String, { nullable: true, description: 'First day in UTC, such as 2026-01-31.' })
    from: string | null | undefined,
    @Arg('to', () => String, { nullable: true, description: 'Last day in UTC.' }) to: string | null | undefined,
    @Root() current: Current,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return countDaily(admin, Number(current.id), { first, from: from ?? undefined, to: to ?? undefined });
  }

  @Mutation(() => CreateCurrentResult, {
    description: 'Creates a Current as a draft: it carries nothing until it is launched. To undo it, delete it.',
    complexity: costs.write,
  })
  async createCurrent(
    @Arg('input', () => CreateCurrentInput, { description: 'The new Current.' }) input: CreateCurrentInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createCurrent(admin, input);
  }

  @Mutation(() => ChangeCurrentResult, {
    description:
      'Changes a Current, from its next attempt on. To undo it, give back what the answer says it was before; only former credentials are gone, so giving others has to be confirmed. ' +
      'A blocked Current whose settings or credentials change is asked about at its destination at once.',
    complexity: costs.write,
  })
  async changeCurrent(
    @Arg('id', () => ID, { description: ofCurrent }) id: string,
    @Arg('input', () => ChangeCurrentInput, { description: 'What to change.' }) input: ChangeCurrentInput,
    @Arg('confirmName', () => String, {
      nullable: true,
      description: 'Its present name, exactly, to confirm, where credentials are given.',
    })
    confirmName: string | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return updateCurrent(admin, id, { ...given(input), confirmName: confirmName ?? undefined });
  }

  @Mutation(() => TestCredentialsResult, {
    description:
      'Asks the destination whether it would take events, and sends none. When a blocked Current passes with what is stored, it goes live soon after.',
    complexity: costs.call,
  })
  async testCredentials(
    @Arg('id', () => ID, { description: ofCurrent }) id: string,
    @Arg('input', () => TestCredentialsInput, {
      nullable: true,
      description: 'What to try in place of what is stored.',
    })
    input: TestCredentialsInput | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return testCredentials(admin, id, given(input));
  }

  @Mutation(() => GoLiveResult, {
    description:
      'Makes a draft live: it carries what comes in from now on. pauseCurrent undoes it; what was sent stays sent.',
    complexity: costs.write,
  })
  async launchCurrent(
    @Arg('id', () => ID, { description: ofCurrent }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return launchCurrent(admin, id);
  }

  @Mutation(() => PauseCurrentResult, {
    description: 'Pauses a live Current: nothing is sent, and what comes in is kept. resumeCurrent undoes it.',
    complexity: costs.write,
  })
  async pauseCurrent(
    @Arg('id', () => ID, { description: ofCurrent }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return pauseCurrent(admin, id);
  }

  @Mutation(() => GoLiveResult, {
    description:
      'Makes a paused Current live again: what was kept goes out, the oldest first, with a retry window that begins anew. pauseCurrent undoes it.',
    complexity: costs.write,
  })
  async resumeCurrent(
    @Arg('id', () => ID, { description: ofCurrent }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return resumeCurrent(admin, id);
  }

  @Mutation(() => DeleteCurrentResult, {
    description:
      'Ends a Current for good. Cannot be undone: its credentials are wiped, what is pending expires, and cohorts that are pulled through it ' +
      'keep their members and are pulled no more, until they are followed through another one. ' +
      'Its name is free again; its counts and dead letters can still be looked at.',
    complexity: costs.write,
  })
  async deleteCurrent(
    @Arg('id', () => ID, { description: ofCurrent }) id: string,
    @Arg('confirmName', () => String, { description: 'Its name, exactly, to confirm.' }) confirmName: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteCurrent(admin, id, confirmName);
  }
}
