import { Field, InputType, ObjectType } from 'type-graphql';
import { Count } from './base/scalars.js';

@InputType({ description: 'Whether to seal secrets with the present MASTER_KEY.' })
export class ResealSecretsInput {
  @Field(() => Boolean, {
    defaultValue: true,
    description: 'True: change nothing, and count the secrets that are under another key.',
  })
  dryRun!: boolean;
}

@ObjectType({ description: 'What resealSecrets has done, or would do in a dry run.' })
export class ResealResult {
  @Field(() => Count, { description: 'Number of secrets that were sealed with the present MASTER_KEY.' })
  resealedCount!: number;

  @Field(() => Count, { description: 'Number of secrets that none of the keys opens; they stay as they are.' })
  unreadableCount!: number;
}
