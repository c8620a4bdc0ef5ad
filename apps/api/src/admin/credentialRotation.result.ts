import type { RotationState } from '@currents/core';
import { Field, ObjectType } from 'type-graphql';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { CredentialRotationState } from './credentialRotation.type.js';
import { TestFailed } from './current.result.js';
import { Current } from './current.type.js';
import { CurrentNotFound, CurrentNotReady, CurrentWrongState, InputInvalid, NotConfirmed } from './problem.type.js';

@ProblemType(
  'The rotation of credentials is not where the action needs it to be, such as when none are staged.',
  'Read Current.credentialRotation. Stage credentials with stageCredentials; end a probation with rollBackCredentials or retireFormerCredentials.',
)
export class CredentialRotationWrongState extends Problem {
  @Field(() => CredentialRotationState, { description: 'Where the rotation stands.' })
  state!: RotationState;
}

@ObjectType({ description: 'Credentials were staged and tested. The Current goes on with the present ones.' })
export class StageCredentialsPayload {
  @Field(() => Current, { description: 'The Current; credentialRotation.test says whether they would be accepted.' })
  current!: Current;
}

@ObjectType({ description: 'Staged credentials were tested.' })
export class TestStagedCredentialsPayload {
  @Field(() => Current, { description: 'The Current; credentialRotation.test says whether they would be accepted.' })
  current!: Current;
}

@ObjectType({ description: 'Staged credentials are in use.' })
export class PromoteStagedCredentialsPayload {
  @Field(() => Current, { description: 'The Current, which uses the new credentials now or did so already.' })
  current!: Current;
}

@ObjectType({ description: 'The former credentials are in use again.' })
export class RollBackCredentialsPayload {
  @Field(() => Current, { description: 'The Current; the credentials that it has given up are staged again.' })
  current!: Current;
}

@ObjectType({ description: 'The former credentials were deleted.' })
export class RetireFormerCredentialsPayload {
  @Field(() => Current, { description: 'The Current, which goes on with the new credentials.' })
  current!: Current;
}

@ObjectType({ description: 'Staged credentials were deleted.' })
export class DiscardStagedCredentialsPayload {
  @Field(() => Current, { description: 'The Current, which goes on with the present credentials.' })
  current!: Current;
}

const always = [CurrentNotFound, CurrentWrongState, CurrentNotReady, CredentialRotationWrongState] as const;

export const StageCredentialsResult = resultUnion(
  'StageCredentialsResult',
  'The Current with the staged credentials, or why they were not stored.',
  () => [StageCredentialsPayload, ...always, InputInvalid],
);

export const TestStagedCredentialsResult = resultUnion(
  'TestStagedCredentialsResult',
  'The Current with the result of the test, or why there was none.',
  () => [TestStagedCredentialsPayload, ...always],
);

export const PromoteStagedCredentialsResult = resultUnion(
  'PromoteStagedCredentialsResult',
  'The Current with its new credentials, or why it goes on with the present ones.',
  () => [PromoteStagedCredentialsPayload, ...always, TestFailed, InputInvalid],
);

export const RollBackCredentialsResult = resultUnion(
  'RollBackCredentialsResult',
  'The Current with its former credentials, or why it did not go back to them.',
  () => [RollBackCredentialsPayload, ...always],
);

export const RetireFormerCredentialsResult = resultUnion(
  'RetireFormerCredentialsResult',
  'The Current without its former credentials, or why they were kept.',
  () => [RetireFormerCredentialsPayload, ...always, NotConfirmed],
);

export const DiscardStagedCredentialsResult = resultUnion(
  'DiscardStagedCredentialsResult',
  'The Current without the staged credentials, or why they were not deleted.',
  () => [DiscardStagedCredentialsPayload, ...always],
);
