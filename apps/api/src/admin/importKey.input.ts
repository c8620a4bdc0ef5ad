import { Field, ID, InputType } from 'type-graphql';
import { DateTime } from './base/scalars.js';

@InputType({ description: 'Which data import keys to list. An absent field does not filter.' })
export class ImportKeyFilter {
  @Field(() => String, { nullable: true, description: 'Only keys of this partner, such as "mixpanel".' })
  partner?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: also keys that are refused now. Absent: only valid keys.',
  })
  includeRevoked?: boolean | null;
}

@InputType({ description: 'A partner to create.' })
export class CreateImportPartnerInput {
  @Field(() => String, {
    description:
      '1 to 40 lower-case letters, digits, hyphens or underscores that begin with a letter, such as "hightouch".',
  })
  name!: string;
}

@InputType({ description: 'Which partner to delete.' })
export class DeleteImportPartnerInput {
  @Field(() => String, { description: 'Name of the partner.' })
  name!: string;
}

@InputType({ description: 'A data import key to create.' })
export class CreateImportKeyInput {
  @Field(() => String, { description: 'Name of the partner: see importPartners.' })
  partner!: string;

  @Field(() => String, {
    description: '1 to 100 characters; unique among the partner’s keys that are not revoked, ignoring case.',
  })
  name!: string;
}

@InputType({ description: 'Which data import key to revoke, and when.' })
export class RevokeImportKeyInput {
  @Field(() => ID, { description: 'Id of the key, such as "key_4".' })
  id!: string;

  @Field(() => String, { description: 'The key’s exact name, to confirm.' })
  confirmName!: string;

  @Field(() => DateTime, { nullable: true, description: 'From when on the key is refused. Absent or null: now.' })
  at?: Date | null;
}

@InputType({ description: 'Which revocation to cancel.' })
export class CancelImportKeyRevocationInput {
  @Field(() => ID, { description: 'Id of the key, such as "key_4".' })
  id!: string;

  @Field(() => String, { description: 'The key’s exact name, to confirm.' })
  confirmName!: string;
}
