import {
  discardStagedCredentials,
  promoteStagedCredentials,
  retireFormerCredentials,
  rollBackByHand,
  stageCredentials,
  testStagedCredentials,
} from '@currents/core';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import * as results from './credentialRotation.result.js';
import * as inputs from './credentialRotation.type.js';
import { Current } from './current.type.js';

const keyOf = ({ id }: { readonly id: string }): string => decodeId('Current', id, 'input.id');

@Resolver(() => Current)
export class CredentialRotationResolver {
  @RequiresRole('operator')
  @Mutation(() => results.StageCredentialsResult, {
    description:
      'Stores new credentials beside those that a Current uses, in place of any that were staged, and tests them at the destination. Nothing is sent with them until promoteStagedCredentials. discardStagedCredentials undoes it.',
    complexity: costs.call,
  })
  async stageCredentials(
    @Arg('input', () => inputs.StageCredentialsInput, { description: 'The Current and its new credentials.' })
    input: inputs.StageCredentialsInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return stageCredentials(admin, keyOf(input), input.credentials);
  }

  @RequiresRole('operator')
  @Mutation(() => results.TestStagedCredentialsResult, {
    description:
      'Asks the destination whether it would accept events with the staged credentials, without sending any, and keeps its answer.',
    complexity: costs.call,
  })
  async testStagedCredentials(
    @Arg('input', () => inputs.TestStagedCredentialsInput, { description: 'Whose staged credentials to test.' })
    input: inputs.TestStagedCredentialsInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return testStagedCredentials(admin, keyOf(input));
  }

  @RequiresRole('operator')
  @Mutation(() => results.PromoteStagedCredentialsResult, {
    description:
      'Uses the staged credentials from the next attempt on; requests under way finish with the former ones. Tests them first: if the destination refuses them, nothing changes. For the time of the probation the former ones are kept, and when the destination refuses the new ones, the Current goes back to them by itself, without being blocked. Repeating it changes nothing. rollBackCredentials undoes it.',
    complexity: costs.call,
  })
  async promoteStagedCredentials(
    @Arg('input', () => inputs.PromoteStagedCredentialsInput, { description: 'Whose staged credentials to use.' })
    input: inputs.PromoteStagedCredentialsInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return promoteStagedCredentials(admin, keyOf(input), input);
  }

  @RequiresRole('operator')
  @Mutation(() => results.RollBackCredentialsResult, {
    description:
      'Goes back from promoted credentials to the former ones during the probation. The promoted ones are staged again: promoteStagedCredentials undoes it.',
    complexity: costs.write,
  })
  async rollBackCredentials(
    @Arg('input', () => inputs.RollBackCredentialsInput, { description: 'Which Current.' })
    input: inputs.RollBackCredentialsInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return rollBackByHand(admin, keyOf(input));
  }

  @RequiresRole('operator')
  @Mutation(() => results.RetireFormerCredentialsResult, {
    description:
      'Deletes the former credentials before the probation ends. Cannot be undone, so it is confirmed by name. The hub does it by itself at the end of the probation.',
    complexity: costs.write,
  })
  async retireFormerCredentials(
    @Arg('input', () => inputs.RetireFormerCredentialsInput, { description: 'Whose former credentials to delete.' })
    input: inputs.RetireFormerCredentialsInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return retireFormerCredentials(admin, keyOf(input), input.confirmName);
  }

  @RequiresRole('operator')
  @Mutation(() => results.DiscardStagedCredentialsResult, {
    description: 'Deletes staged credentials. The Current goes on with the present ones. To undo it, stage them again.',
    complexity: costs.write,
  })
  async discardStagedCredentials(
    @Arg('input', () => inputs.DiscardStagedCredentialsInput, { description: 'Whose staged credentials to delete.' })
    input: inputs.DiscardStagedCredentialsInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return discardStagedCredentials(admin, keyOf(input));
  }
}
