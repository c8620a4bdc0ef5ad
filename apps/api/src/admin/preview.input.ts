import { Field, ID, InputType } from 'type-graphql';
import { OneOf } from './base/oneOf.js';
import { JsonObject } from './base/scalars.js';
import { CurrentSelectionInput } from './current.input.js';
import { FieldRulesInput } from './fieldRules.input.js';

@InputType({
  description: 'What to preview: a Current with changes that are not stored, or a draft that is nowhere stored.',
})
export class PreviewInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Id of a Current, such as "cur_7". Give either this or destination.',
  })
  currentId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the destination of a draft, such as mixpanel. It needs no credentials.',
  })
  destination?: string | null;

  @Field(() => JsonObject, {
    nullable: true,
    description:
      'Settings of the draft, or what to merge into the present settings of the Current (RFC 7396), without storing it.',
  })
  settings?: Readonly<Record<string, unknown>> | null;

  @Field(() => CurrentSelectionInput, {
    nullable: true,
    description:
      'The selection to preview. By default that of the Current; a draft without one selects every event type.',
  })
  selection?: CurrentSelectionInput | null;

  @Field(() => FieldRulesInput, {
    nullable: true,
    description: 'The field rules to preview. By default those of the Current; a draft without them has none.',
  })
  fieldRules?: FieldRulesInput | null;
}

@OneOf()
@InputType({ description: 'Which event to preview: exactly one of these.' })
export class PreviewSource {
  @Field(() => String, {
    nullable: true,
    description: 'The event’s own id, as its sender set it: the newest accepted event that is stored with it.',
  })
  eventId?: string | null;

  @Field(() => JsonObject, { nullable: true, description: 'An event as a sender would send it.' })
  event?: Readonly<Record<string, unknown>> | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of an event type, such as users.messages.email.Open: previews the catalogue’s sample of it.',
  })
  sampleOf?: string | null;
}

@InputType({ description: 'The Current whose destination gets a test event.' })
export class SendTestEventInput {
  @Field(() => ID, { description: 'Id of the Current.' })
  currentId!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Name of an event type that the Current selects, such as users.messages.email.Open; by default the first one that it carries.',
  })
  eventTypeName?: string | null;
}

/** How many stored events a preview examines unless it says otherwise. */
export const defaultLastEvents = 200;
