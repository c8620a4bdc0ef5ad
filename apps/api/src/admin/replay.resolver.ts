import { eventReplayProblem, withOpen, type JobView } from '@currents/core';
import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { Job, JobResult } from './job.type.js';
import { ReplayEventsResult } from './jobPayload.type.js';
import { ReplayEventsInput } from './replay.type.js';
import { given } from './withoutNulls.js';

@Resolver(() => Job)
export class ReplayResolver {
  @RequiresRole('operator')
  @Mutation(() => ReplayEventsResult, {
    description:
      'Sends stored events of a Current again, or those that it never had, after live events and oldest first. The job makes deliveries in portions; cancelJob ends what is not sent. What was sent stays sent, so it is a plan by default.',
    complexity: costs.scan,
  })
  async replayEvents(
    @Arg('input', () => ReplayEventsInput, { description: 'The Current, and which of its events to replay.' })
    { currentId, filter, dryRun, confirmName }: ReplayEventsInput,
    @Ctx() { admin, jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Current', currentId, 'input.currentId');
    const input = { currentId: key, filter: { ...given(filter), outcomes: filter.outcomes }, isDryRun: dryRun };
    const problem = await eventReplayProblem(admin, input, confirmName ?? undefined);
    return problem ?? jobs.create('replay_events', input, adminTokenId);
  }

  @FieldResolver(() => JobResult, { nullable: true, complexity: costs.read })
  async resultSoFar(@Root() { resultSoFar }: JobView, @Ctx() { admin }: AdminContext): Promise<unknown> {
    return resultSoFar && 'open' in resultSoFar ? withOpen(admin, resultSoFar as never) : resultSoFar;
  }
}
