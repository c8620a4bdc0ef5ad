import { Field, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { Count } from './base/scalars.js';

@ObjectType({
  description:
    'A key, such as a device, that comes near the destination’s daily quota per key. Its events flow until the destination refuses them.',
})
export class KeyNearQuota {
  @Field(() => String, { description: 'What the destination counts by, such as user or device.' })
  budget!: string;

  @Field(() => String, { description: 'The id of the user or device, as the destination knows it.' })
  key!: string;

  @Field(() => Count, {
    description: 'Number of its events that were delivered in the quota’s period; a few per cent may be missing.',
  })
  used!: number;

  @Field(() => Count, { description: 'Number of events that the destination accepts in that period.' })
  limit!: number;
}

export const KeyNearQuotaConnection = connectionOf(KeyNearQuota, 'keys near their quota');
