import { createUnionType, Field, ObjectType } from 'type-graphql';
import { kindOf } from './base/kind.js';
import { CurrentNotFound } from './problem.type.js';
import { Count } from './base/scalars.js';

@ObjectType({
  description:
    'A key, such as a device, that comes near what the destination takes of one in a day. Its events flow as ever until the destination refuses them.',
})
export class KeyNearQuota {
  @Field(() => String, { description: 'What the destination counts by, such as user or device.' })
  budget!: string;

  @Field(() => String, { description: 'The id of the user, of the device.' })
  key!: string;

  @Field(() => Count, {
    description:
      'How many of its events were delivered in the time that the quota is about; a few per cent may not have been counted.',
  })
  used!: number;

  @Field(() => Count, { description: 'How many the destination takes in that time.' })
  allow!: number;
}

@ObjectType({ description: 'Keys near their quotas, the nearest first.' })
export class KeysNearQuota {
  @Field(() => [KeyNearQuota], { description: 'The keys.' })
  nodes!: KeyNearQuota[];
}

export const KeysNearQuotaResult = createUnionType({
  name: 'KeysNearQuotaResult',
  description: 'The keys that are near their quotas, or that there is no such Current.',
  types: () => [KeysNearQuota, CurrentNotFound] as const,
  resolveType: kindOf,
});
