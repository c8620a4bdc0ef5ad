import { Field, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { Node } from './base/node.js';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { DateTime } from './base/scalars.js';
import { InputInvalid, NameTaken, NotConfirmed } from './problem.type.js';

@ObjectType({ description: 'An endpoint for cohort pushes, to be entered at the partner.' })
export class ImportEndpoint {
  @Field(() => String, { description: 'HTTP method: always "POST".' })
  method!: string;

  @Field(() => String, {
    description: 'Path below the hub’s address, such as "/partners/amplitude/lists"; the partner fills in :parts.',
  })
  path!: string;

  @Field(() => String, { description: 'What the endpoint is for, and where the data import key goes.' })
  description!: string;
}

@ObjectType({ implements: Node, description: 'A system that pushes cohorts to the hub.' })
export class ImportPartner extends Node {
  @Field(() => String, { description: 'Unique name, which is part of its endpoints, such as "mixpanel".' })
  name!: string;

  @Field(() => String, { description: 'Display name, such as "Mixpanel".' })
  label!: string;

  @Field(() => Boolean, { description: 'True if the hub comes with it; false if an admin created it.' })
  isBuiltIn!: boolean;

  @Field(() => [ImportEndpoint], { description: 'The endpoints to which it can push.' })
  endpoints!: ImportEndpoint[];
}

export const ImportPartnerConnection = connectionOf(ImportPartner, 'import partners');

@ObjectType({
  implements: Node,
  description: 'A data import key, with which a partner pushes cohorts. A partner may have any number of valid keys.',
})
export class ImportKey extends Node {
  /** Name of the partner. */
  partner!: string;

  @Field(() => String, { description: 'Name of the key, unique among the partner’s keys that are not revoked.' })
  name!: string;

  @Field(() => String, { description: 'The last four characters of the key, such as "…x7Qa".' })
  hint!: string;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was last used, accurate to about a minute. Null if never.',
  })
  lastUsedAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'From when on it is refused; may be in the future. Null if it is not revoked.',
  })
  revokedAt?: Date;

  @Field(() => Boolean, { description: 'Whether it is accepted at the time of the query.' })
  isValid!: boolean;
}

export const ImportKeyConnection = connectionOf(ImportKey, 'data import keys');

@ObjectType({ description: 'A new data import key.' })
export class CreateImportKeyPayload {
  @Field(() => String, { description: 'The key itself. It is shown only once: the hub stores a hash of it.' })
  key!: string;

  @Field(() => ImportKey, { description: 'The key’s entry in the list of keys.' })
  importKey!: ImportKey;

  @Field(() => ImportPartner, { description: 'The partner that the key is for, with its endpoints.' })
  partner!: ImportPartner;
}

@ObjectType({ description: 'The revoked key.' })
export class RevokeImportKeyPayload {
  @Field(() => ImportKey, { description: 'The key with its revokedAt.' })
  importKey!: ImportKey;
}

@ObjectType({ description: 'The key that is not revoked.' })
export class CancelImportKeyRevocationPayload {
  @Field(() => ImportKey, { description: 'The key, whose revokedAt is null.' })
  importKey!: ImportKey;
}

@ObjectType({ description: 'The new partner.' })
export class CreateImportPartnerPayload {
  @Field(() => ImportPartner, { description: 'The partner with its endpoints.' })
  importPartner!: ImportPartner;
}

@ObjectType({ description: 'The deleted partner.' })
export class DeleteImportPartnerPayload {
  @Field(() => ImportPartner, { description: 'The partner as it was.' })
  importPartner!: ImportPartner;
}

@ProblemType('No data import key has this id.')
export class ImportKeyNotFound extends Problem {}

@ProblemType('The revocation of the key has taken effect.', 'Create another key.')
export class ImportKeyAlreadyRevoked extends Problem {
  @Field(() => DateTime, { description: 'Since when the key is refused.' })
  revokedAt!: Date;
}

@ProblemType('No partner has this name.', 'Use a known name, or create the partner with createImportPartner.')
export class ImportPartnerNotFound extends Problem {
  @Field(() => [String], { description: 'The names of all partners.' })
  known!: string[];
}

@ProblemType('A partner with this name exists already.')
export class ImportPartnerExists extends Problem {}

@ProblemType('The partner cannot be deleted: it has valid keys, or is built in.', 'Revoke its keys first.')
export class ImportPartnerInUse extends Problem {}

export const CreateImportPartnerResult = resultUnion(
  'CreateImportPartnerResult',
  'The new partner, or a problem.',
  () => [CreateImportPartnerPayload, InputInvalid, ImportPartnerExists],
);

export const DeleteImportPartnerResult = resultUnion(
  'DeleteImportPartnerResult',
  'The deleted partner, or a problem.',
  () => [DeleteImportPartnerPayload, ImportPartnerNotFound, ImportPartnerInUse],
);

export const CreateImportKeyResult = resultUnion('CreateImportKeyResult', 'The new key, or a problem.', () => [
  CreateImportKeyPayload,
  InputInvalid,
  NameTaken,
  ImportPartnerNotFound,
]);

export const RevokeImportKeyResult = resultUnion('RevokeImportKeyResult', 'The revoked key, or a problem.', () => [
  RevokeImportKeyPayload,
  ImportKeyNotFound,
  ImportKeyAlreadyRevoked,
  NotConfirmed,
]);

export const CancelImportKeyRevocationResult = resultUnion(
  'CancelImportKeyRevocationResult',
  'The key, or a problem.',
  () => [CancelImportKeyRevocationPayload, ImportKeyNotFound, ImportKeyAlreadyRevoked, NotConfirmed, NameTaken],
);
