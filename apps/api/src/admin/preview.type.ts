import type { PreviewVerdict as Verdict } from '@currents/core';
import { Field, Int, ObjectType } from 'type-graphql';
import { enumOf } from './base/enum.js';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { Count, JsonObject } from './base/scalars.js';
import { costs } from './costs.js';
import { CallsThrottled, TestOutcome } from './current.result.js';
import { EventNotFound } from './storedEvent.type.js';
import { CurrentNotFound, CurrentNotReady, CurrentWrongState, InputInvalid } from './problem.type.js';

export const PreviewVerdict = enumOf<Verdict>('PreviewVerdict', 'What would become of an event.', {
  sent: 'It would be sent.',
  not_selected: 'The selection does not hold its type.',
  skipped: 'A rule of the connector would leave it out.',
  rejected: 'It would be a dead letter before any request.',
  quarantined: 'The catalogue would not accept it.',
});

@ObjectType({ description: 'A header of a request.' })
export class RequestHeader {
  @Field(() => String, { description: 'Its name, such as content-type.' })
  name!: string;

  @Field(() => String, { description: 'Its value, with [hidden] in place of secrets.' })
  value!: string;
}

@ObjectType({ description: 'A request to a destination, with [hidden] in place of credentials.' })
export class PartnerRequest {
  @Field(() => String, { description: 'The HTTP method, such as POST.' })
  method!: string;

  @Field(() => String, { description: 'The address, query included.' })
  url!: string;

  @Field(() => [RequestHeader], { description: 'The headers that the connector sets.', complexity: costs.list(5) })
  headers!: RequestHeader[];

  @Field(() => String, { description: 'The body before compression: JSON, exactly as it would be sent for one event.' })
  body!: string;

  @Field(() => Boolean, { description: 'Whether the body is compressed with gzip on its way.' })
  isCompressed!: boolean;
}

@ObjectType({ description: 'What a destination answered to a test event, without credentials.' })
export class PartnerResponse {
  @Field(() => Int, { description: 'The HTTP status, such as 200.' })
  status!: number;

  @Field(() => String, { description: 'The first 300 characters of the body, in one line.' })
  body!: string;
}

@ObjectType({ description: 'Why an event would not be sent.' })
export class PreviewReason {
  @Field(() => String, { description: 'The code as counts and dead letters show it, such as no_external_user_id.' })
  code!: string;

  @Field(() => String, { description: 'What the code means, in a sentence for people.' })
  description!: string;
}

@ObjectType({ description: 'What a Current or a draft would make of one event. Nothing was sent.' })
export class EventPreview {
  @Field(() => PreviewVerdict, { description: 'What would become of the event.' })
  verdict!: Verdict;

  @Field(() => PreviewReason, { nullable: true, description: 'Why it is skipped, rejected or quarantined.' })
  reason?: PreviewReason;

  @Field(() => String, {
    nullable: true,
    description: 'What is wrong with this event, when it is rejected or quarantined.',
  })
  detail?: string;

  @Field(() => JsonObject, {
    nullable: true,
    description: 'The event as the catalogue accepts it; null when it would be quarantined.',
    complexity: costs.document,
  })
  event?: Readonly<Record<string, unknown>>;

  @Field(() => PartnerRequest, { nullable: true, description: 'The request; null unless the event would be sent.' })
  request?: PartnerRequest;
}

@ObjectType({ description: 'How many of the examined events would be skipped or rejected for one reason.' })
export class PreviewReasonCount extends PreviewReason {
  @Field(() => Count, { description: 'So many of the examined events.' })
  eventCount!: number;
}

@ObjectType({ description: 'How the examined events of one type would end.' })
export class PreviewCounts {
  @Field(() => Count, { description: 'Events that would be sent.' })
  sent!: number;

  @Field(() => Count, { description: 'Events that the selection does not hold.' })
  notSelected!: number;

  @Field(() => [PreviewReasonCount], { description: 'Events that would be skipped, by reason.' })
  skipped!: PreviewReasonCount[];

  @Field(() => [PreviewReasonCount], { description: 'Events that would be rejected before any request, by reason.' })
  rejected!: PreviewReasonCount[];
}

@ObjectType({ description: 'What the examined events of one type would become.' })
export class EventTypePreview {
  @Field(() => String, { description: 'Name of the event type, such as users.messages.email.Open.' })
  eventTypeName!: string;

  @Field(() => Count, { description: 'Events of this type that were accepted in the last 24 hours.' })
  lastDayCount!: number;

  @Field(() => Count, { description: 'How many of the examined events are of this type.' })
  examinedCount!: number;

  @Field(() => PreviewCounts, { description: 'How they would end with the settings and selection of the preview.' })
  draft!: PreviewCounts;

  @Field(() => PreviewCounts, {
    nullable: true,
    description: 'How they would end as the Current is now; null for a draft that is not stored.',
  })
  stored?: PreviewCounts;
}

@ObjectType({ description: 'A stored event, and what it would become.' })
export class PreviewExample {
  @Field(() => String, { description: 'The event’s own id.' })
  eventId!: string;

  @Field(() => String, { description: 'Name of its type.' })
  eventTypeName!: string;

  @Field(() => PreviewVerdict, { description: 'What would become of it.' })
  verdict!: Verdict;

  @Field(() => PreviewReason, { nullable: true, description: 'Why it is skipped or rejected.' })
  reason?: PreviewReason;

  @Field(() => String, { nullable: true, description: 'What is wrong with this event, when it is rejected.' })
  detail?: string;

  @Field(() => PartnerRequest, {
    nullable: true,
    description: 'The request; null unless it would be sent, and for large events, of which previewEvent shows one.',
  })
  request?: PartnerRequest;
}

/** Event types that occur in a preview are rarely more. */
const usualTypes = 30;

@ObjectType({ description: 'What the last stored events would become. Nothing was sent.' })
export class SelectionPreview {
  @Field(() => Count, {
    description: 'How many events were examined: fewer than asked for if fewer or large ones are stored.',
  })
  examinedCount!: number;

  @Field(() => [EventTypePreview], {
    description: 'By event type, in the order of the catalogue: types that were examined or arrived in the last day.',
    complexity: costs.list(usualTypes),
  })
  eventTypes!: EventTypePreview[];

  @Field(() => [PreviewExample], {
    description: 'At most 20 of the examined events, one for each type and way to end, those not selected left out.',
    complexity: costs.list(20),
  })
  examples!: PreviewExample[];
}

@ObjectType({ description: 'The destination accepted a test event.' })
export class SendTestEventPayload {
  @Field(() => String, { description: 'Name of its type.' })
  eventTypeName!: string;

  @Field(() => String, { description: 'The event’s id, by which it can be found at the destination.' })
  eventId!: string;

  @Field(() => PartnerRequest, {
    nullable: true,
    description: 'The request that was sent, with [hidden] in place of credentials.',
  })
  request?: PartnerRequest;

  @Field(() => PartnerResponse, { nullable: true, description: 'What the destination answered.' })
  response?: PartnerResponse;

  @Field(() => String, {
    nullable: true,
    description: 'Why the answer, a success, does not confirm that the event is stored.',
  })
  warning?: string;
}

@ProblemType(
  'The Current does not send a sample of this event type.',
  'Choose an event type that the Current selects and its destination supports.',
)
export class TestEventNotSent extends Problem {
  @Field(() => String, { description: 'Why, as a code such as not_selected or event_type_not_taken.' })
  reason!: string;
}

@ProblemType(
  'The destination did not accept the test event, or did not answer.',
  'Correct the settings or credentials if it was refused; repeat the test later if the destination did not answer.',
)
export class TestEventFailed extends Problem {
  @Field(() => TestOutcome, { description: 'Whether the destination refused, or did not answer.' })
  outcome!: 'refused' | 'unreachable';

  @Field(() => String, { description: 'The reason as a code of the connector, such as credentials_refused.' })
  reason!: string;

  @Field(() => PartnerResponse, {
    nullable: true,
    description: 'What the destination answered; null without an answer.',
  })
  response?: PartnerResponse;
}

export const PreviewEventResult = resultUnion(
  'PreviewEventResult',
  'What would become of an event, or why that cannot be said.',
  () => [EventPreview, EventNotFound, CurrentNotFound, CurrentWrongState, CurrentNotReady, InputInvalid],
);

export const PreviewSelectionResult = resultUnion(
  'PreviewSelectionResult',
  'What the last events would become, or why that cannot be said.',
  () => [SelectionPreview, CurrentNotFound, CurrentWrongState, CurrentNotReady, InputInvalid],
);

export const SendTestEventResult = resultUnion(
  'SendTestEventResult',
  'What the destination answered to a test event, or why none was sent.',
  () => [
    SendTestEventPayload,
    TestEventNotSent,
    TestEventFailed,
    CallsThrottled,
    CurrentNotFound,
    CurrentWrongState,
    CurrentNotReady,
    InputInvalid,
  ],
);
