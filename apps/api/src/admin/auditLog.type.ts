import { Field, ID, ObjectType } from 'type-graphql';
import { DateTime, JsonObject } from './base/scalars.js';

@ObjectType({ description: 'Something an admin did, or tried to.' })
export class Deed {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => DateTime, { description: 'When.' })
  at!: Date;

  @Field(() => ID, {
    nullable: true,
    description: 'The admin token that was shown; null when its row was deleted from the database by hand.',
  })
  adminTokenId?: string;

  @Field(() => String, { description: 'What: the name of the mutation, such as changeSegment.' })
  deed!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'To which Current, cohort, segment, webhook, key or token; null where there was none.',
  })
  subjectId?: string;

  @Field(() => JsonObject, {
    nullable: true,
    description:
      'What was given, without credentials. To undo a change, find the deed before it on the same subject and give that again. Null where the deed was refused.',
  })
  given?: Readonly<Record<string, unknown>>;

  @Field(() => String, {
    description:
      'How it ended: the type of the answer, such as Segment or NotConfirmed; refused or failed where there was none.',
  })
  result!: string;

  @Field(() => Boolean, { description: 'Whether it was done, and not refused.' })
  done!: boolean;
}

@ObjectType({ description: 'Some deeds, the newest first.' })
export class DeedPage {
  @Field(() => [Deed], { description: 'The deeds of this page.' })
  nodes!: Deed[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}
