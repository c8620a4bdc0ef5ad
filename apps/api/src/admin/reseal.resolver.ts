import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { ResealSecretsResult } from './jobPayload.type.js';
import { ResealSecretsInput } from './reseal.type.js';

@Resolver()
export class ResealResolver {
  @RequiresRole('admin')
  @Mutation(() => ResealSecretsResult, {
    description:
      'Seals all secrets in the database with the present MASTER_KEY, such as credentials, while everything goes on; plans only, unless dryRun is false. For a rotation of it: the former key, in MASTER_KEY_FALLBACKS, can be removed afterwards. Another rotation undoes it.',
    complexity: costs.scan,
  })
  async resealSecrets(
    @Arg('input', () => ResealSecretsInput, { description: 'Whether to do it.' }) { dryRun }: ResealSecretsInput,
    @Ctx() { jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    return jobs.create('reseal_secrets', { isDryRun: dryRun }, adminTokenId);
  }
}
