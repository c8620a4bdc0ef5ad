import { Field, ID, InputType } from 'type-graphql';
import { enumOf } from './base/enum.js';
import { JsonObject } from './base/scalars.js';

const ofSync = { description: 'Id of the segment sync.' };

const ResendMode = enumOf<'changed' | 'all'>('SegmentSyncResendMode', 'Which members to send again.', {
  changed: 'Those that differ from what was sent.',
  all: 'All of them, which may cost data points.',
});

@InputType({ description: 'Which refusals of a segment sync to list. A field that is left out restricts nothing.' })
export class SegmentSyncRefusalFilter {
  @Field(() => String, { nullable: true, description: 'Only those with this reason, such as device_id_only.' })
  code?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'False: only the last that is known of each user. True: only the others.',
  })
  isSuperseded?: boolean | null;
}

@InputType({ description: 'What to plan a first sync for.' })
export class SegmentSyncPlanInput {
  @Field(() => ID, { description: 'Id of the segment.' })
  segmentId!: string;

  @Field(() => String, { description: 'Name of the destination, such as braze: see segmentDestinations.' })
  destination!: string;

  @Field(() => JsonObject, { description: 'Settings of the sync: see SegmentDestination.settingsSchema.' })
  settings!: Readonly<Record<string, unknown>>;

  @Field(() => ID, { nullable: true, description: 'Id of the draft that the plan is for. Null if there is none yet.' })
  segmentSyncId?: string | null;
}

@InputType({ description: 'A segment sync to create.' })
export class CreateSegmentSyncInput {
  @Field(() => ID, { description: 'Id of the segment.' })
  segmentId!: string;

  @Field(() => String, { description: 'Name of the destination, such as braze: see segmentDestinations.' })
  destination!: string;

  @Field(() => JsonObject, {
    description: 'Settings: see SegmentDestination.settingsSchema. They cannot be changed later.',
  })
  settings!: Readonly<Record<string, unknown>>;

  @Field(() => JsonObject, {
    description: 'Credentials: see SegmentDestination.credentialsSchema. They are never returned.',
  })
  credentials!: Readonly<Record<string, unknown>>;
}

@InputType({ description: 'What to test: a stored segment sync, or a destination with what is given.' })
export class TestSegmentSyncInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Id of the segment sync, to test what it has stored. Give either this or destination.',
  })
  id?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of a destination, such as braze: tests what is given without any sync.',
  })
  destination?: string | null;

  @Field(() => JsonObject, { nullable: true, description: 'Settings to try at the destination. They are not stored.' })
  settings?: Readonly<Record<string, unknown>> | null;

  @Field(() => JsonObject, {
    nullable: true,
    description: 'Credentials to try at the destination. They are neither stored nor logged.',
  })
  credentials?: Readonly<Record<string, unknown>> | null;
}

@InputType({ description: 'Which segment sync to launch.' })
export class LaunchSegmentSyncInput {
  @Field(() => ID, ofSync)
  id!: string;
}

@InputType({ description: 'Which segment sync to pause.' })
export class PauseSegmentSyncInput {
  @Field(() => ID, ofSync)
  id!: string;
}

@InputType({ description: 'Which segment sync to resume.' })
export class ResumeSegmentSyncInput {
  @Field(() => ID, ofSync)
  id!: string;
}

@InputType({ description: 'New credentials of a segment sync.' })
export class UpdateSegmentSyncInput {
  @Field(() => ID, ofSync)
  id!: string;

  @Field(() => JsonObject, { description: 'Replaces all credentials; the former ones are gone.' })
  credentials!: Readonly<Record<string, unknown>>;

  @Field(() => String, { description: 'The sync’s exact objectName, to confirm.' })
  confirmName!: string;
}

@InputType({ description: 'Whose members to look through again.' })
export class ResendSegmentSyncInput {
  @Field(() => ID, ofSync)
  id!: string;

  @Field(() => ResendMode, { description: 'Which members to send.' })
  mode!: 'changed' | 'all';

  @Field(() => Boolean, { defaultValue: true, description: 'True: send nothing, and answer what it takes.' })
  dryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The sync’s exact objectName, to confirm. Needed unless dryRun is true.',
  })
  confirmName?: string | null;
}

@InputType({ description: 'Which segment sync to delete.' })
export class DeleteSegmentSyncInput {
  @Field(() => ID, ofSync)
  id!: string;

  @Field(() => Boolean, {
    defaultValue: true,
    description:
      'True: all that was sent is taken back first, and the sync is deleted once that is done. False: what the destination holds stays there.',
  })
  isClearing!: boolean;

  @Field(() => Boolean, { defaultValue: true, description: 'True: delete nothing, and answer what would be deleted.' })
  dryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The sync’s exact objectName, to confirm. Needed unless dryRun is true.',
  })
  confirmName?: string | null;
}
