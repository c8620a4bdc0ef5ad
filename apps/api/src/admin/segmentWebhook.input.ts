import { Field, ID, InputType, Int } from 'type-graphql';

@InputType({ description: 'A webhook to create.' })
export class CreateSegmentWebhookInput {
  @Field(() => ID, { description: 'Id of the segment whose changes are sent.' })
  segmentId!: string;

  @Field(() => String, {
    description: 'Where requests are sent, such as "https://example.com/segments": up to 2,000 characters.',
  })
  url!: string;
}

@InputType({ description: 'Which webhook’s secret to replace.' })
export class RotateSegmentWebhookSecretInput {
  @Field(() => ID, { description: 'Id of the webhook.' })
  id!: string;

  @Field(() => String, { description: 'The webhook’s exact URL, to confirm.' })
  confirmUrl!: string;

  @Field(() => Int, {
    defaultValue: 24,
    description:
      'For how many hours requests are signed with the former secret as well, so that the receiver accepts them all while its secret is replaced: 0 to 720. 0: with the new one only, because the former one has leaked.',
  })
  overlapHours!: number;
}

@InputType({ description: 'Which webhook to pause.' })
export class PauseSegmentWebhookInput {
  @Field(() => ID, { description: 'Id of the webhook.' })
  id!: string;
}

@InputType({ description: 'Which webhook to resume.' })
export class ResumeSegmentWebhookInput {
  @Field(() => ID, { description: 'Id of the webhook.' })
  id!: string;
}

@InputType({ description: 'Which webhook to delete.' })
export class DeleteSegmentWebhookInput {
  @Field(() => ID, { description: 'Id of the webhook.' })
  id!: string;

  @Field(() => Boolean, { defaultValue: true, description: 'True: delete nothing, and answer what would be deleted.' })
  dryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The webhook’s exact URL, to confirm. Needed unless dryRun is true.',
  })
  confirmUrl?: string | null;
}
