import { cancelJob, findJobs, listJobs, pauseJob, resumeJob, type JobView } from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import {
  CancelJobInput,
  CancelJobResult,
  Job,
  JobConnection,
  JobFilter,
  PauseJobInput,
  PauseJobResult,
  ResumeJobInput,
  ResumeJobResult,
} from './job.type.js';
import { AdminToken } from './token.type.js';
import { given } from './withoutNulls.js';

registerNode('Job', findJobs);

@Resolver(() => Job)
export class JobResolver {
  @RequiresRole('viewer')
  @Query(() => Job, {
    nullable: true,
    description: 'The job with this id; null when it does not exist or its retention period is over.',
    complexity: costs.read,
  })
  async job(
    @Arg('id', () => ID, { description: 'Id of the job, such as "job_7".' }) id: string,
    @Ctx() { load }: AdminContext,
  ): Promise<unknown> {
    return load('Job', decodeId('Job', id, 'id'));
  }

  @RequiresRole('viewer')
  @Query(() => JobConnection, {
    description: 'Operations that may take long, the newest first.',
    complexity: costs.page,
  })
  async jobs(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => JobFilter, { nullable: true, description: 'Which jobs to list.' })
    filter: JobFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listJobs(admin, page, given(filter));
  }

  @FieldResolver(() => AdminToken, { nullable: true, complexity: costs.read })
  adminToken(@Root() { adminTokenId }: JobView, @Ctx() { load }: AdminContext): unknown {
    return adminTokenId === undefined ? undefined : load('AdminToken', adminTokenId);
  }

  @RequiresRole('operator')
  @Mutation(() => CancelJobResult, {
    description:
      'Ends a job before its next step, within two seconds; a paused one at once. What it has done stays done. To undo it, ask for the operation again: it does the rest.',
    complexity: costs.write,
  })
  async cancelJob(
    @Arg('input', () => CancelJobInput, { description: 'Which job to cancel.' }) { id }: CancelJobInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return cancelJob(admin, decodeId('Job', id, 'input.id'));
  }

  @RequiresRole('operator')
  @Mutation(() => PauseJobResult, {
    description:
      'Stops a job before its next step until it is resumed, also when the api restarts meanwhile. What it has done stays done. To undo it, call resumeJob.',
    complexity: costs.write,
  })
  async pauseJob(
    @Arg('input', () => PauseJobInput, { description: 'Which job to pause.' }) { id }: PauseJobInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return pauseJob(admin, decodeId('Job', id, 'input.id'));
  }

  @RequiresRole('operator')
  @Mutation(() => ResumeJobResult, {
    description: 'Lets a paused job go on from where it has come. To undo it, call pauseJob.',
    complexity: costs.write,
  })
  async resumeJob(
    @Arg('input', () => ResumeJobInput, { description: 'Which job to resume.' }) { id }: ResumeJobInput,
    @Ctx() { admin, jobs }: AdminContext,
  ): Promise<unknown> {
    const answer = await resumeJob(admin, decodeId('Job', id, 'input.id'));
    jobs.wake();
    return answer;
  }
}
