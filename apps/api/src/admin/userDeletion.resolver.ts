import {
  addUserDeletions,
  createUserDeletion,
  findUserDeletions,
  listUserDeletions,
  maxDeletionRecords,
  userDeletionProblem,
} from '@currents/core';
import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { DeleteUserDataResult, RepeatUserDeletionsResult } from './jobPayload.type.js';
import {
  DeleteUserDataInput,
  RepeatUserDeletionsInput,
  UserDeletion,
  UserDeletionConnection,
} from './userDeletion.type.js';
import { given } from './withoutNulls.js';

registerNode('UserDeletion', findUserDeletions);

@Resolver(() => UserDeletion)
export class UserDeletionResolver {
  @RequiresRole('admin')
  @Query(() => UserDeletionConnection, {
    description:
      "Deletions of users' data, the newest first. Keep this list outside of the database: a restored backup needs it for repeatUserDeletions.",
    complexity: costs.page,
  })
  async userDeletions(@Args(() => PageArgs) page: PageArgs, @Ctx() { admin }: AdminContext): Promise<unknown> {
    return listUserDeletions(admin, page);
  }

  @RequiresRole('admin')
  @Mutation(() => DeleteUserDataResult, {
    description:
      'Deletes what is stored of users, wherever it is: retained events, pending ones, quarantined events, memberships, and ids in messages. Events keep their place as tombstones, so counts stay. Tells no partner. What is stored after this moment is new data. Cannot be undone, so it is a dry run by default.',
    complexity: costs.scan,
  })
  async deleteUserData(
    @Arg('input', () => DeleteUserDataInput, { description: 'Whose data to delete.' })
    input: DeleteUserDataInput,
    @Ctx() { admin, jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const { dryRun = true, confirmIds, ...ids } = given(input);
    const problem = userDeletionProblem(ids, confirmIds, dryRun);
    if (problem) return problem;
    const deletionKey = await createUserDeletion(admin, ids, dryRun);
    return jobs.create('delete_user_data', { deletionKey, isDryRun: dryRun }, adminTokenId);
  }

  @RequiresRole('admin')
  @Mutation(() => RepeatUserDeletionsResult, {
    description:
      'Deletes again what a restored backup has of users that were deleted before: reads everything that is stored, and compares the keyed hash of each id. What was stored after a deletion is left alone, but for memberships. A dry run by default.',
    complexity: costs.scan,
  })
  async repeatUserDeletions(
    @Arg('input', () => RepeatUserDeletionsInput, { description: 'Which deletions to repeat.' })
    { deletions, dryRun }: RepeatUserDeletionsInput,
    @Ctx() { admin, jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const records = deletions ?? [];
    const isUsable = records.every(
      ({ hashes }) => hashes.length > 0 && hashes.length <= 100 && hashes.every((hash) => /^[\da-f]{64}$/.test(hash)),
    );
    if (records.length > maxDeletionRecords || !isUsable) {
      const message = `expected up to ${maxDeletionRecords} deletions of 1 to 100 hashes of 64 hexadecimal digits, got something else`;
      const problems = [{ path: ['deletions'], code: 'malformed', message }];
      return { kind: 'InputInvalid', message: `deletions: ${message}`, problems };
    }
    if (!dryRun) await addUserDeletions(admin, records);
    const known = records.map(({ requestedAt, hashes }) => ({ requestedMs: requestedAt.getTime(), hashes }));
    return jobs.create('repeat_user_deletions', { isDryRun: dryRun, ...(dryRun && { records: known }) }, adminTokenId);
  }
}
