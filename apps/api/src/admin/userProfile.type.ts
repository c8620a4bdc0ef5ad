import { Field, Float, InputType, Int, ObjectType } from 'type-graphql';
import { enumOf } from './base/enum.js';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { CurrentNotFound, CurrentNotReady, InputInvalid, CurrentWrongState } from './problem.type.js';
import { DateTime, JsonObject } from './base/scalars.js';

const RecommendationType = enumOf<'model' | 'random'>(
  'RecommendationType',
  'What to recommend, in place of what the control group of the user decides.',
  {
    model: 'What the model recommends.',
    random: 'What a user of the control group would be shown.',
  },
);

const PropensityType = enumOf<'score' | 'percentile'>('PropensityType', 'How to express how likely a prediction is.', {
  score: 'As a probability from 0 to 1.',
  percentile: 'As the percentage of users who are less likely.',
});

@InputType({
  description: 'Which user, by at least one id, and what to ask for. What is not asked for is not answered.',
})
export class UserProfileInput {
  @Field(() => String, { nullable: true, description: 'The user’s external id, which is the destination’s user id.' })
  userId?: string | null;

  @Field(() => String, { nullable: true, description: 'The id of one of the user’s devices.' })
  deviceId?: string | null;

  @Field(() => Boolean, { defaultValue: true, description: 'The user’s properties.' })
  properties!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Ids of the cohorts that the user is in, as far as the destination tells them here.',
  })
  cohortIds!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'All properties that the destination computes; they come among the properties.',
  })
  computations!: boolean;

  @Field(() => [String], { nullable: true, description: 'Only these computed properties, by their ids: 1 to 50.' })
  computationIds?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Recommendations, by their ids: 1 to 50.' })
  recommendationIds?: string[] | null;

  @Field(() => RecommendationType, { nullable: true, description: 'Left out: as the user’s control group says.' })
  recommendationType?: 'model' | 'random' | null;

  @Field(() => [String], { nullable: true, description: 'Predictions, by their ids: 1 to 50.' })
  predictionIds?: string[] | null;

  @Field(() => PropensityType, {
    defaultValue: 'score',
    description: 'Whether a propensity is a score or a percentile.',
  })
  propensityType!: 'score' | 'percentile';
}

@ObjectType({ description: 'What a destination recommends to a user.' })
export class Recommendation {
  @Field(() => String, { description: 'Id of the recommendation at the destination.' })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Differs from id while the destination tries models against each other.',
  })
  childId?: string;

  @Field(() => [String], {
    description: 'What is recommended, in the destination’s order; what is not a text, as JSON.',
  })
  items!: string[];

  @Field(() => Boolean, {
    description: 'Whether the user is in the control group: show it the default, so that the effect can be measured.',
  })
  isControl!: boolean;

  @Field(() => String, { nullable: true, description: 'The model that made it.' })
  source?: string;

  @Field(() => DateTime, { nullable: true, description: 'When it was made.' })
  updatedAt?: Date;
}

@ObjectType({ description: 'How likely a user is to do what a prediction is about.' })
export class Propensity {
  @Field(() => String, { description: 'Id of the prediction.' })
  predictionId!: string;

  @Field(() => Float, { description: 'A probability, or a percentile, as was asked for.' })
  value!: number;
}

@ObjectType({
  description: 'What the destination knows of a user. Null is what was not asked for, or what it has nothing for.',
})
export class UserProfile {
  @Field(() => String, { nullable: true, description: 'The destination’s user id.' })
  userId?: string;

  @Field(() => String, { nullable: true, description: 'The id of a device.' })
  deviceId?: string;

  @Field(() => JsonObject, { nullable: true, description: 'The user’s properties, computed ones among them.' })
  properties?: Readonly<Record<string, unknown>>;

  @Field(() => [String], { nullable: true, description: 'Ids of cohorts, as the destination numbers them.' })
  cohortIds?: string[];

  @Field(() => [Recommendation], { nullable: true, description: 'Recommendations.' })
  recommendations?: Recommendation[];

  @Field(() => [Propensity], { nullable: true, description: 'How likely predictions are.' })
  propensities?: Propensity[];
}

@ProblemType('The destination has seen neither id.')
export class UserNotFound extends Problem {}

@ProblemType(
  'The destination cannot be asked for users: not at all, not in this region, or not with these credentials.',
)
export class LookupNotAvailable extends Problem {
  @Field(() => String, {
    description: 'Why, as a code of the connector: not_offered, region_without_profiles or no_secret_key.',
  })
  reason!: string;
}

@ProblemType('The destination refuses to answer until a person has repaired the Current.')
export class LookupRefused extends Problem {
  @Field(() => String, { description: 'Why, for machines, such as credentials_refused.' })
  reason!: string;
}

@ProblemType('The destination has had as many questions as it takes for now.')
export class LookupThrottled extends Problem {
  @Field(() => Int, { description: 'Ask again after so many milliseconds.' })
  retryAfterMs!: number;
}

@ProblemType('The destination did not answer, or nothing that could be read. Ask again later.')
export class LookupFailed extends Problem {
  @Field(() => String, { description: 'Why, for machines, such as timeout or http_500.' })
  reason!: string;
}

export const UserProfileResult = resultUnion(
  'UserProfileResult',
  'What the destination knows of a user, or why it does not answer.',
  () => [
    UserProfile,
    UserNotFound,
    LookupNotAvailable,
    LookupRefused,
    LookupThrottled,
    LookupFailed,
    CurrentNotFound,
    CurrentWrongState,
    CurrentNotReady,
    InputInvalid,
  ],
);
