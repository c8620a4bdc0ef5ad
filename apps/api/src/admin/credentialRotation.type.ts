import type { RotationState } from '@currents/core';
import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { storedEnumOf } from './base/enum.js';
import { ConfirmedInput, IdInput } from './base/inputs.js';
import { DateTime, JsonObject } from './base/scalars.js';

export const CredentialRotationState = storedEnumOf<RotationState>(
  'CredentialRotationState',
  'Where the rotation of credentials stands.',
  {
    none: 'There are no credentials beside those in use.',
    staged: 'New credentials are stored and not used yet: promoteStagedCredentials uses them.',
    probation: 'New credentials are in use, and the former ones are kept to go back to when the new ones are refused.',
  },
);

const CredentialTestOutcome = storedEnumOf<'passed' | 'refused' | 'unreachable'>(
  'CredentialTestOutcome',
  'What a test of credentials came to.',
  {
    passed: 'The destination would accept events with them.',
    refused: 'The destination does not accept them.',
    unreachable: 'The destination could not be asked, or did not answer.',
  },
);

@ObjectType({ description: 'Which credentials are stored for a Current. The values themselves are never returned.' })
export class CurrentCredentials {
  @Field(() => String, {
    nullable: true,
    description: 'The kind of the credentials, such as serviceAccount; null where the destination has one kind only.',
  })
  kind?: string;

  @Field(() => [String], {
    description: 'Names of the fields that are set; empty when the credentials do not open.',
  })
  fields!: string[];
}

@ObjectType({ description: 'What the destination said of new credentials when they were last tested or refused.' })
export class CredentialTest {
  @Field(() => CredentialTestOutcome, { description: 'Whether they were accepted.' })
  outcome!: 'passed' | 'refused' | 'unreachable';

  @Field(() => String, {
    nullable: true,
    description: 'The reason as a code of the connector, such as credentials_refused; null when they passed.',
  })
  reason?: string;

  @Field(() => String, {
    nullable: true,
    description: 'The reason in a sentence for people, without anything secret; null when they passed.',
  })
  detail?: string;

  @Field(() => DateTime, { description: 'When the destination said so.' })
  testedAt!: Date;
}

@ObjectType({ description: 'Credentials of a Current beside those that it uses, while they are rotated.' })
export class CurrentCredentialRotation {
  @Field(() => CredentialRotationState, { description: 'Where the rotation stands: STAGED or PROBATION.' })
  state!: RotationState;

  @Field(() => CurrentCredentials, {
    description:
      'Which fields are set of the credentials that are not in use: the new ones while STAGED, else the former.',
  })
  credentials!: CurrentCredentials;

  @Field(() => DateTime, { description: 'When the new credentials were staged.' })
  stagedAt!: Date;

  @Field(() => CredentialTest, {
    nullable: true,
    description: 'The last test of the new credentials; null before the first one has ended.',
  })
  test?: CredentialTest;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Since when the new credentials are in use; null while STAGED.',
  })
  promotedAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the former credentials are deleted, if events were delivered with the new ones by then or their test passes; null while STAGED.',
  })
  probationEndsAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the destination first accepted events with the new credentials: the former ones can be revoked there a few minutes later. Null before.',
  })
  firstDeliveredAt?: Date;
}

@InputType({ description: 'New credentials to store beside those in use.' })
export class StageCredentialsInput extends IdInput {
  @Field(() => JsonObject, {
    description: 'Credentials of the destination: see Destination.credentialsSchema. They are never returned.',
  })
  credentials!: Readonly<Record<string, unknown>>;
}

@InputType({ description: 'The Current whose staged credentials to test.' })
export class TestStagedCredentialsInput extends IdInput {}

@InputType({ description: 'The Current whose staged credentials to delete.' })
export class DiscardStagedCredentialsInput extends IdInput {}

@InputType({ description: 'The Current whose staged credentials to use.' })
export class PromoteStagedCredentialsInput extends IdInput {
  @Field(() => Int, {
    defaultValue: 60,
    description: 'How long the former credentials are kept to go back to, in minutes: 1 to 10080, by default 60.',
  })
  probationMinutes!: number;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Whether to promote them untested, such as while the destination cannot be asked. Credentials that it has refused are not promoted all the same.',
  })
  skipTest!: boolean;
}

@InputType({ description: 'The Current that is to go back to its former credentials.' })
export class RollBackCredentialsInput extends IdInput {}

@InputType({ description: 'The Current whose former credentials to delete.' })
export class RetireFormerCredentialsInput extends ConfirmedInput {}
