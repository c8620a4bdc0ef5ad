import { createUnionType, Field, ObjectType } from 'type-graphql';
import { CodeCount } from './current.type.js';
import { kindOf } from './base/kind.js';
import { CurrentNotFound } from './problem.type.js';
import { Count, DateTime } from './base/scalars.js';

@ObjectType({ description: 'A key, such as a device, whose events wait for their turn while everybody else’s flow.' })
export class ThrottledKey {
  @Field(() => String, { description: 'What the destination counts by, such as user or device.' })
  budget!: string;

  @Field(() => String, { description: 'The id of the user, of the device.' })
  key!: string;

  @Field(() => Count, { description: 'How many of its events wait.' })
  events!: number;

  @Field(() => [CodeCount], {
    description:
      'Why they wait: over_budget, because the hub keeps to what the destination takes of one key; or what the destination said, such as daily_quota.',
  })
  reasons!: CodeCount[];

  @Field(() => DateTime, { description: 'Since when the one waits that waits longest.' })
  since!: Date;

  @Field(() => DateTime, { description: 'When the first of them has its turn; in the past while it is being tried.' })
  nextAt!: Date;

  @Field(() => DateTime, { description: 'When the last of them has its turn, should nothing change.' })
  until!: Date;
}

@ObjectType({ description: 'Some throttled keys, the longest waiting first.' })
export class ThrottledKeyPage {
  @Field(() => [ThrottledKey], { description: 'The keys of this page.' })
  nodes!: ThrottledKey[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}

export const ThrottledKeysResult = createUnionType({
  name: 'ThrottledKeysResult',
  description: 'The keys that are throttled, or that there is no such Current.',
  types: () => [ThrottledKeyPage, CurrentNotFound] as const,
  resolveType: kindOf,
});
