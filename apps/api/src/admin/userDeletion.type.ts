import { Field, InputType, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { Node } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { Count, DateTime } from './base/scalars.js';

@InputType({ description: 'An alias of a user at the messaging platform.' })
export class DeletedAliasInput {
  @Field(() => String, { description: 'What kind of alias it is, such as "amplitude_id".' })
  label!: string;

  @Field(() => String, { description: 'The alias itself, such as "12345".' })
  name!: string;
}

@InputType({
  description:
    'Whose data to delete, by 1 to 100 ids in all. Give every id of the user: an event is deleted if one of its ids is named.',
})
export class DeleteUserDataInput {
  @Field(() => [String], { nullable: true, description: 'External user ids, such as "user-17".' })
  externalUserIds?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Ids of devices, such as "phone-7".' })
  deviceIds?: string[] | null;

  @Field(() => [String], { nullable: true, description: "The messaging platform's own user ids." })
  userIds?: string[] | null;

  @Field(() => [DeletedAliasInput], { nullable: true, description: 'Aliases, by which cohorts may know the user.' })
  aliases?: DeletedAliasInput[] | null;

  @Field(() => Boolean, { defaultValue: true, description: 'Whether to count only, and delete nothing.' })
  dryRun!: boolean;

  @Field(() => [String], {
    nullable: true,
    description:
      'Required unless it is a dry run: all of these ids once more, in any order, to confirm what cannot be undone.',
  })
  confirmIds?: string[] | null;
}

@InputType({ description: 'A deletion that another database knows, as userDeletions lists it.' })
export class UserDeletionRecordInput {
  @Field(() => DateTime, { description: 'When it was requested.' })
  requestedAt!: Date;

  @Field(() => [String], { description: 'Its keyed hashes: 64 hexadecimal digits each, up to 100.' })
  hashes!: string[];
}

@InputType({ description: 'Which deletions to repeat.' })
export class RepeatUserDeletionsInput {
  @Field(() => [UserDeletionRecordInput], {
    nullable: true,
    description:
      'Deletions that the restored database may not know: up to 1,000, from userDeletions of the database that it replaces. Those that it knows are repeated in any case.',
  })
  deletions?: UserDeletionRecordInput[] | null;

  @Field(() => Boolean, { defaultValue: true, description: 'Whether to count only, and delete nothing.' })
  dryRun!: boolean;
}

@ObjectType({
  implements: Node,
  description:
    "A deletion of one or more users' data. Holds no ids of users. Kept for ever, so that it can be repeated.",
})
export class UserDeletion extends Node {
  @RequiresRole('admin')
  @Field(() => [String], {
    description: 'Keyed hashes of the ids: 64 hexadecimal digits each. They are computed from an id and MASTER_KEY.',
  })
  hashes!: string[];

  @RequiresRole('admin')
  @Field(() => DateTime, { description: 'When it was requested. What was stored later was left alone.' })
  requestedAt!: Date;

  @RequiresRole('admin')
  @Field(() => DateTime, {
    nullable: true,
    description: 'When it ended; null while it is under way or if it was cancelled.',
  })
  finishedAt?: Date;
}

export const UserDeletionConnection = connectionOf(UserDeletion, 'deletions');

@ObjectType({ description: 'What a deletion of users’ data did, or would do in a dry run.' })
export class UserDeletionResult {
  @Field(() => Count, {
    nullable: true,
    description: 'Ids of deleted users that were found in a restored backup; null for deleteUserData.',
  })
  idCount?: number;

  @Field(() => Count, { description: 'Batches that were read.' })
  batchCount!: number;

  @Field(() => Count, { description: 'Stored events that were replaced by tombstones without data.' })
  eventCount!: number;

  @Field(() => Count, {
    description: 'Events that were pending at a Current, and are skipped as user_deleted. 0 in a dry run.',
  })
  skippedCount!: number;

  @Field(() => Count, { description: 'Quarantined events that were purged, because they name a user anywhere.' })
  quarantinedCount!: number;

  @Field(() => Count, { description: 'Memberships in cohorts and segments that were removed.' })
  membershipCount!: number;

  @Field(() => Count, {
    description:
      'Batches and rows of the quarantine whose bytes are damaged, or of a later release: what they hold is not known.',
  })
  unreadableCount!: number;
}
