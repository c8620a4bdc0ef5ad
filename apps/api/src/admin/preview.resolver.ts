import { previewEvent, previewSelection, sendTestEvent, type PreviewOf } from '@currents/core';
import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { fieldRulesOf } from './fieldRules.input.js';
import { defaultLastEvents, PreviewInput, PreviewSource, SendTestEventInput } from './preview.input.js';
import {
  PartnerRequest,
  PreviewEventResult,
  PreviewSelectionResult,
  RequestHeader,
  SendTestEventResult,
} from './preview.type.js';
import { given } from './withoutNulls.js';

@Resolver(() => PartnerRequest)
export class PreviewResolver {
  @RequiresRole('operator')
  @Query(() => PreviewEventResult, {
    description:
      'What a Current, or a draft, would make of one event: the exact request with secrets hidden, or why the event would not be sent. Sends nothing and stores nothing.',
    complexity: costs.lookUp,
  })
  async previewEvent(
    @Arg('input', () => PreviewInput, { description: 'The Current or the draft.' }) input: PreviewInput,
    @Arg('source', () => PreviewSource, { description: 'Which event to preview.' }) source: PreviewSource,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return previewEvent(admin, previewOf(input), given(source));
  }

  @RequiresRole('operator')
  @Query(() => PreviewSelectionResult, {
    description:
      'What the last stored events would become with other settings or another selection, beside what they would become now: by event type, with examples. Sends nothing and stores nothing.',
    complexity: costs.scan,
  })
  async previewSelection(
    @Arg('input', () => PreviewInput, { description: 'The Current or the draft.' }) input: PreviewInput,
    @Arg('lastEvents', () => Int, {
      defaultValue: defaultLastEvents,
      description: 'How many stored events to examine, the newest first: 1 to 1000, of at most 8 MB.',
    })
    lastEvents: number,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return previewSelection(admin, previewOf(input), lastEvents);
  }

  @RequiresRole('operator')
  @Mutation(() => SendTestEventResult, {
    description:
      'Sends one sample of an event type to the destination, now and with the Current’s credentials, whatever its state. The event has the property currents_test and the user currents-test-user. It is in no count of events; the audit log has it. At most 20 per minute for one Current. The destination keeps the event: delete the test user there.',
    complexity: costs.call,
  })
  async sendTestEvent(
    @Arg('input', () => SendTestEventInput, { description: 'The Current, and which event type.' })
    { currentId, eventTypeName }: SendTestEventInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return sendTestEvent(admin, decodeId('Current', currentId, 'input.currentId'), eventTypeName ?? undefined);
  }

  @FieldResolver(() => [RequestHeader])
  headers(@Root() { headers }: { readonly headers: Readonly<Record<string, string>> }): RequestHeader[] {
    return Object.entries(headers).map(([name, value]) => ({ name, value }));
  }
}

function previewOf(input: PreviewInput): PreviewOf {
  const { currentId, fieldRules, ...rest } = given(input);
  return {
    ...rest,
    fieldRules: fieldRulesOf(fieldRules) ?? undefined,
    currentId: currentId === undefined ? undefined : decodeId('Current', currentId, 'input.currentId'),
  };
}
