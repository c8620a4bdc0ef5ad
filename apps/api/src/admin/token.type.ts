import type { AdminRole as Role } from '@currents/core';
import { Field, InputType, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { ConfirmedInput, IdInput } from './base/inputs.js';
import { Node } from './base/node.js';
import { resultUnion } from './base/problem.js';
import { AdminRole } from './base/role.js';
import { DateTime } from './base/scalars.js';
import { InputInvalid, LastAdminToken, NameTaken, NotConfirmed, TokenNotFound } from './problem.type.js';

const perSecond = (what: string, variable: string): string =>
  `${what} that its sender may send in a second, at each process of the api; 0 is no limit, and null what the variable ${variable} says.`;
const eventsPerSecond = perSecond('Events', 'INGEST_TOKEN_EVENTS_PER_SECOND');
const bytesPerSecond = perSecond('Bytes of request bodies, as they are sent,', 'INGEST_TOKEN_BYTES_PER_SECOND');

@ObjectType({
  implements: Node,
  description: 'A token with which a sender pushes events. Any number of them may be valid at once.',
})
export class IngestToken extends Node {
  @Field(() => String, { description: 'Name for people; unique among ingest tokens that are not revoked.' })
  name!: string;

  @Field(() => String, { description: 'The last characters of the token, to tell it from others, such as …x9Qz.' })
  hint!: string;

  @Field(() => Boolean, { description: 'Whether the token is accepted now.' })
  isValid!: boolean;

  @Field(() => DateTime, { description: 'When the token was created.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the token was last used, to about a minute; null when it never was.',
  })
  lastUsedAt?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the token was revoked; null while it is valid.' })
  revokedAt?: Date;

  @Field(() => Int, { nullable: true, description: eventsPerSecond })
  eventsPerSecond!: number | null;

  @Field(() => Int, { nullable: true, description: bytesPerSecond })
  bytesPerSecond!: number | null;
}

@ObjectType({
  implements: Node,
  description: 'A token with which an admin uses this API. Any number of them may be valid at once.',
})
export class AdminToken extends Node {
  @Field(() => String, { description: 'Name for people, such as terraform; the audit log shows it.' })
  name!: string;

  @Field(() => AdminRole, { description: 'What the token may do. It stays what it was created with.' })
  role!: Role;

  @Field(() => Boolean, { description: 'Whether this request was made with the token.' })
  isOwn!: boolean;

  @Field(() => Boolean, { description: 'Whether the token is accepted now: neither revoked nor expired.' })
  isValid!: boolean;

  @Field(() => DateTime, { description: 'When the token was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the token ends by itself; null when it never does.' })
  expiresAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the token was last used, to about a minute; null when it never was.',
  })
  lastUsedAt?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the token was revoked; null when it was not.' })
  revokedAt?: Date;
}

export const IngestTokenConnection = connectionOf(IngestToken, 'ingest tokens');
export const AdminTokenConnection = connectionOf(AdminToken, 'admin tokens');

@InputType({ description: 'The ingest token to create.' })
export class CreateIngestTokenInput {
  @Field(() => String, { description: '1 to 100 characters; no other valid ingest token may have the same name.' })
  name!: string;

  @Field(() => Int, { nullable: true, description: `${eventsPerSecond} Null by default.` })
  eventsPerSecond?: number | null;

  @Field(() => Int, { nullable: true, description: `${bytesPerSecond} Null by default.` })
  bytesPerSecond?: number | null;
}

@InputType({ description: 'What to update in an ingest token.' })
export class UpdateIngestTokenInput extends IdInput {
  @Field(() => Int, { nullable: true, description: `${eventsPerSecond} Absent: unchanged.` })
  eventsPerSecond?: number | null;

  @Field(() => Int, { nullable: true, description: `${bytesPerSecond} Absent: unchanged.` })
  bytesPerSecond?: number | null;
}

@InputType({ description: 'The ingest token to revoke.' })
export class RevokeIngestTokenInput extends ConfirmedInput {}

@InputType({ description: 'The admin token to create.' })
export class CreateAdminTokenInput {
  @Field(() => String, {
    description: 'Name for people, 1 to 100 characters, such as terraform; the audit log shows it.',
  })
  name!: string;

  @Field(() => AdminRole, { description: 'What the token may do. Choose the least that its holder needs.' })
  role!: Role;

  @Field(() => DateTime, { nullable: true, description: 'When the token ends by itself. Null: never.' })
  expiresAt?: Date | null;
}

@InputType({ description: 'The admin token to revoke.' })
export class RevokeAdminTokenInput extends IdInput {
  @Field(() => ID, { description: 'The same id again, to confirm what cannot be undone.' })
  confirmId!: string;
}

const secret = 'The token itself. It is shown only in this answer; the hub stores nothing but its hash.';

@ObjectType({ description: 'An ingest token was created.' })
export class CreateIngestTokenPayload {
  @Field(() => String, { description: secret })
  token!: string;

  @Field(() => IngestToken, { description: 'The new token, as it can be read from now on.' })
  ingestToken!: IngestToken;
}

@ObjectType({ description: 'An ingest token was updated.' })
export class UpdateIngestTokenPayload {
  @Field(() => IngestToken, { description: 'The token after the update.' })
  ingestToken!: IngestToken;
}

@ObjectType({ description: 'An ingest token is revoked.' })
export class RevokeIngestTokenPayload {
  @Field(() => IngestToken, { description: 'The token, which is revoked now or was so already.' })
  ingestToken!: IngestToken;
}

@ObjectType({ description: 'An admin token was created.' })
export class CreateAdminTokenPayload {
  @Field(() => String, { description: secret })
  token!: string;

  @Field(() => AdminToken, { description: 'The new token, as it can be read from now on.' })
  adminToken!: AdminToken;
}

@ObjectType({ description: 'An admin token is revoked.' })
export class RevokeAdminTokenPayload {
  @Field(() => AdminToken, { description: 'The token, which is revoked now or was so already.' })
  adminToken!: AdminToken;
}

export const CreateIngestTokenResult = resultUnion(
  'CreateIngestTokenResult',
  'The new ingest token, or why there is none.',
  () => [CreateIngestTokenPayload, InputInvalid, NameTaken],
);

export const UpdateIngestTokenResult = resultUnion(
  'UpdateIngestTokenResult',
  'The updated ingest token, or why it was not updated.',
  () => [UpdateIngestTokenPayload, TokenNotFound, InputInvalid],
);

export const RevokeIngestTokenResult = resultUnion(
  'RevokeIngestTokenResult',
  'The revoked ingest token, or why it was not revoked.',
  () => [RevokeIngestTokenPayload, TokenNotFound, NotConfirmed],
);

export const CreateAdminTokenResult = resultUnion(
  'CreateAdminTokenResult',
  'The new admin token, or why there is none.',
  () => [CreateAdminTokenPayload, InputInvalid],
);

export const RevokeAdminTokenResult = resultUnion(
  'RevokeAdminTokenResult',
  'The revoked admin token, or why it was not revoked.',
  () => [RevokeAdminTokenPayload, TokenNotFound, NotConfirmed, LastAdminToken],
);
