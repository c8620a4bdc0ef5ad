import { createUnionType, Field, ID, ObjectType } from 'type-graphql';
import { kindOf } from './base/kind.js';
import { InputInvalid, LastAdminToken, NameTaken, NotConfirmed, TokenNotFound } from './problem.type.js';
import { DateTime } from './base/scalars.js';

@ObjectType({ description: 'What a sender of events shows to be let in. Any number are good at once.' })
export class IngestToken {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => String, { description: 'What admins call it.' })
  name!: string;

  @Field(() => String, { description: 'How the token ends, to tell it from others.' })
  hint!: string;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it was last shown, to about a minute.' })
  lastUsedAt?: Date;

  @Field(() => DateTime, { nullable: true, description: 'Since when it is refused.' })
  revokedAt?: Date;
}

@ObjectType({ description: 'Some ingest tokens, the newest first.' })
export class IngestTokenPage {
  @Field(() => [IngestToken], { description: 'The tokens of this page.' })
  nodes!: IngestToken[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}

@ObjectType({ description: 'A new ingest token.' })
export class IngestTokenCreated {
  @Field(() => String, { description: 'The token itself: shown this once, and kept only as a hash.' })
  token!: string;

  @Field(() => IngestToken, { description: 'What can be seen of it from now on.' })
  ingestToken!: IngestToken;
}

@ObjectType({ description: 'What an admin shows to be let in. Any number are good at once.' })
export class AdminToken {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'Since when it is refused.' })
  revokedAt?: Date;

  @Field(() => Boolean, { description: 'Whether this very request came with it.' })
  own!: boolean;
}

@ObjectType({ description: 'A new admin token.' })
export class AdminTokenCreated {
  @Field(() => String, { description: 'The token itself: shown this once, and kept only as a hash.' })
  token!: string;

  @Field(() => AdminToken, { description: 'What can be seen of it from now on.' })
  adminToken!: AdminToken;
}

export const CreateIngestTokenResult = createUnionType({
  name: 'CreateIngestTokenResult',
  description: 'The new token, or why there is none.',
  types: () => [IngestTokenCreated, InputInvalid, NameTaken] as const,
  resolveType: kindOf,
});

export const RevokeIngestTokenResult = createUnionType({
  name: 'RevokeIngestTokenResult',
  description: 'The revoked token, or why it is not.',
  types: () => [IngestToken, TokenNotFound, NotConfirmed] as const,
  resolveType: kindOf,
});

export const RevokeAdminTokenResult = createUnionType({
  name: 'RevokeAdminTokenResult',
  description: 'The revoked token, or why it is not.',
  types: () => [AdminToken, TokenNotFound, NotConfirmed, LastAdminToken] as const,
  resolveType: kindOf,
});
