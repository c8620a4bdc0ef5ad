import { lookUpUserProfile, type UserProfileQuestion } from '@currents/core';
import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { costs } from './costs.js';
import { DateTime } from './base/scalars.js';
import { RequiresRole } from './base/role.js';
import { Recommendation, UserProfileInput, UserProfileResult } from './userProfile.type.js';

@Resolver()
export class UserProfileResolver {
  @RequiresRole('operator')
  @Query(() => UserProfileResult, {
    description:
      'Asks a Current’s destination, with the Current’s credentials, what it knows of one user: one request, and nothing is stored. ' +
      'Not every destination can be asked, nor in every region, and each takes so many questions in a time.',
    complexity: costs.call,
  })
  async userProfile(
    @Arg('currentId', () => ID, { description: 'Id of the Current, such as "cur_7".' }) currentId: string,
    @Arg('input', () => UserProfileInput, { description: 'Which user, and what to ask for.' }) input: UserProfileInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return lookUpUserProfile(admin, decodeId('Current', currentId, 'currentId'), questionOf(input));
  }
}

@Resolver(() => Recommendation)
export class RecommendationResolver {
  @FieldResolver(() => [String])
  items(@Root() { items }: { readonly items: readonly unknown[] }): string[] {
    return items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  }

  @FieldResolver(() => DateTime, { nullable: true })
  updatedAt(@Root() { updatedAt }: { readonly updatedAt?: number }): Date | undefined {
    const date = updatedAt === undefined ? undefined : new Date(updatedAt * 1000);
    return date && Number.isNaN(date.getTime()) ? undefined : date;
  }
}

function questionOf(input: UserProfileInput): UserProfileQuestion {
  const {
    userId,
    deviceId,
    properties,
    cohortIds,
    computations,
    computationIds,
    recommendationIds,
    recommendationType,
    predictionIds,
    propensityType,
  } = input;
  const computed = computationIds ?? (computations ? 'all' : undefined);
  return {
    userId: userId ?? undefined,
    deviceId: deviceId ?? undefined,
    parts: {
      properties,
      cohortIds,
      ...(computed !== undefined && { computations: computed }),
      ...(recommendationIds && {
        recommendations: { ids: recommendationIds, ...(recommendationType && { type: recommendationType }) },
      }),
      ...(predictionIds && { propensities: { predictionIds, type: propensityType } }),
    },
  };
}
