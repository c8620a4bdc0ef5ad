import { createUnionType, Field, ID, ObjectType } from 'type-graphql';
import { Problem, ProblemType } from './base/problem.js';
import { kindOf } from './base/kind.js';
import { InputInvalid, NameTaken, NotConfirmed } from './problem.type.js';
import { DateTime } from './base/scalars.js';

@ObjectType({ description: 'One way for a partner to push cohorts, to be pasted into the partner.' })
export class ImportEndpoint {
  @Field(() => String, { description: 'HTTP method.' })
  method!: string;

  @Field(() => String, {
    description:
      'Path below the address of this hub; a part that begins with a colon stands for what the partner puts there.',
  })
  path!: string;

  @Field(() => String, { description: 'What it is for, and where the data import key goes.' })
  description!: string;
}

@ObjectType({ description: 'Somebody who pushes cohorts.' })
export class ImportPartner {
  @Field(() => String, { description: 'As it stands in its endpoints, such as mixpanel.' })
  name!: string;

  @Field(() => String, { description: 'What people read.' })
  label!: string;

  @Field(() => Boolean, {
    description: 'Whether an admin made it known; false for those that the hub knows by itself.',
  })
  registered!: boolean;

  @Field(() => [ImportEndpoint], { description: 'The ways in which it can push.' })
  endpoints!: ImportEndpoint[];
}

@ObjectType({ description: 'What a partner shows to push cohorts. Any number are good at once.' })
export class ImportKey {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => String, { description: 'Name of the partner that it is for.' })
  partner!: string;

  @Field(() => String, { description: 'What admins call it.' })
  name!: string;

  @Field(() => String, { description: 'How the key ends, to tell it from others.' })
  hint!: string;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it was last shown, to about a minute.' })
  lastUsedAt?: Date;

  @Field(() => DateTime, { nullable: true, description: 'From when on it is refused; may lie ahead.' })
  invalidFrom?: Date;

  @Field(() => Boolean, { description: 'Whether it is good now.' })
  good!: boolean;
}

@ObjectType({ description: 'Some data import keys, the newest first.' })
export class ImportKeyPage {
  @Field(() => [ImportKey], { description: 'The keys of this page.' })
  nodes!: ImportKey[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}

@ObjectType({ description: 'A new data import key.' })
export class ImportKeyCreated {
  @Field(() => String, { description: 'The key itself: shown this once, and kept only as a hash.' })
  key!: string;

  @Field(() => ImportKey, { description: 'What can be seen of it from now on.' })
  importKey!: ImportKey;

  @Field(() => ImportPartner, { description: 'Where to paste it, and beside which endpoint.' })
  partner!: ImportPartner;
}

@ProblemType('There is no data import key with this id.')
export class ImportKeyNotFound extends Problem {}

@ProblemType('The key was refused already before that.')
export class ImportKeyInvalidAlready extends Problem {
  @Field(() => DateTime, { description: 'Since when.' })
  invalidFrom!: Date;
}

@ProblemType('There is no partner of this name.')
export class PartnerNotFound extends Problem {
  @Field(() => [String], { description: 'The names that there are.' })
  known!: string[];
}

@ProblemType('There is a partner of this name already.')
export class PartnerExists extends Problem {}

@ProblemType('The partner cannot be forgotten: keys of it are good, or the hub knows it by itself.')
export class PartnerInUse extends Problem {}

export const ForgetImportPartnerResult = createUnionType({
  name: 'ForgetImportPartnerResult',
  description: 'The partner as it was, or why it is still known.',
  types: () => [ImportPartner, PartnerNotFound, PartnerInUse] as const,
  resolveType: kindOf,
});

export const RegisterImportPartnerResult = createUnionType({
  name: 'RegisterImportPartnerResult',
  description: 'The partner, or why there is none.',
  types: () => [ImportPartner, InputInvalid, PartnerExists] as const,
  resolveType: kindOf,
});

export const CreateImportKeyResult = createUnionType({
  name: 'CreateImportKeyResult',
  description: 'The new key, or why there is none.',
  types: () => [ImportKeyCreated, InputInvalid, NameTaken, PartnerNotFound] as const,
  resolveType: kindOf,
});

export const InvalidateImportKeyResult = createUnionType({
  name: 'InvalidateImportKeyResult',
  description: 'The key as it is now, or why it is as it was.',
  types: () => [ImportKey, ImportKeyNotFound, ImportKeyInvalidAlready, NotConfirmed, NameTaken] as const,
  resolveType: kindOf,
});
