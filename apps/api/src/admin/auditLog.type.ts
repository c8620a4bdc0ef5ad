import { breakerActions } from '@currents/core';
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { inCapitals, markStored, storedEnumOf, unknown, unknownMeaning } from './base/enum.js';
import { Node } from './base/node.js';
import { DateTime, JsonObject } from './base/scalars.js';
import { RequiresRole } from './base/role.js';
import { AdminToken } from './token.type.js';

/**
 * Every mutation's name in capitals, and what only the hub does. Filled by `nameActions` once all resolvers are known,
 * before the schema is built.
 */
export const AuditAction: Record<string, string> = {};
const meanings: Record<string, { readonly description: string }> = {};
registerEnumType(AuditAction, {
  name: 'AuditAction',
  description: 'What was done: the mutation that was called, or what the hub did by itself.',
  valuesConfig: meanings,
});
markStored('AuditAction');

/** What only the hub does. */
const ownActions: Readonly<Record<(typeof breakerActions)[number], string>> = {
  block:
    'The hub stopped sending to the object, because its destination refuses the credentials or settings; or it stopped pulling a cohort. The arguments have the code.',
  unblock:
    'The hub sends to a blocked object again, because the destination accepted a probe or a test; or it pulls a cohort again.',
};
/** What the hub does by itself, too. */
const sharedActions: ReadonlySet<string> = new Set([
  'rollBackCredentials',
  'retireFormerCredentials',
  'createAdminToken',
  'revokeAdminToken',
]);

export function nameActions(mutations: readonly string[]): void {
  AuditAction[inCapitals(unknown)] = unknown;
  meanings[inCapitals(unknown)] = { description: unknownMeaning };
  for (const action of breakerActions) {
    AuditAction[inCapitals(action)] = action;
    meanings[inCapitals(action)] = { description: ownActions[action] };
  }
  for (const mutation of [...mutations].sort()) {
    AuditAction[inCapitals(mutation)] = mutation;
    const description = sharedActions.has(mutation)
      ? `An admin called the mutation ${mutation}, or the hub did the same by itself.`
      : `An admin called the mutation ${mutation}.`;
    meanings[inCapitals(mutation)] = { description };
  }
}

export const AuditActorKind = storedEnumOf<'admin_token' | 'system'>('AuditActorKind', 'Who performed an action.', {
  admin_token: 'An admin, with an admin token.',
  system: 'The hub itself, such as when it blocks a Current, or takes an admin token of its environment.',
});

@ObjectType({ description: 'Who performed an action.' })
export class AuditActor {
  @Field(() => AuditActorKind, { description: 'Whether an admin performed the action, or the hub itself.' })
  kind!: 'admin_token' | 'system';

  @Field(() => AdminToken, {
    nullable: true,
    description: 'The admin token that the request was made with; null for the hub itself and for erased tokens.',
  })
  adminToken?: AdminToken;
}

@ObjectType({ implements: Node, description: 'An action that was performed or attempted. Entries are kept for ever.' })
export class AuditEntry extends Node {
  @Field(() => DateTime, { description: 'When the action ended.' })
  occurredAt!: Date;

  @Field(() => AuditActor, { description: 'Who performed the action.' })
  actor!: AuditActor;

  @Field(() => AuditAction, { description: 'What was done, such as UPDATE_SEGMENT.' })
  action!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Id of the object that the action was about; null when there was none, such as after a failed create.',
  })
  targetId?: string;

  @Field(() => Node, {
    nullable: true,
    description: 'The object that the action was about, as it is now; null when there was none or it no longer exists.',
  })
  target?: Node;

  @RequiresRole('operator')
  @Field(() => JsonObject, {
    nullable: true,
    description:
      'Arguments of the mutation, without credentials: repeat those of the entry before to undo a change. Null when the action failed.',
  })
  arguments?: Readonly<Record<string, unknown>>;

  @Field(() => Boolean, { description: 'Whether the action was performed.' })
  succeeded!: boolean;

  @Field(() => String, {
    description:
      'How it ended: the type of the answer, such as UpdateSegmentPayload or NotConfirmed; done for what only the hub does; refused for an argument out of range, failed for an internal error, forbidden when the role of the token did not allow it. Forbidden calls of a mutation by a token are recorded once a minute.',
  })
  result!: string;
}

export const AuditEntryConnection = connectionOf(AuditEntry, 'entries of the audit log');

@InputType({ description: 'Which entries of the audit log to list. A field that is left out restricts nothing.' })
export class AuditLogFilter {
  @Field(() => AuditAction, { nullable: true, description: 'Only entries of this action.' })
  action?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only entries about the object with this id, such as "seg_3".' })
  targetId?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'True: only what was performed. False: only what was not.' })
  succeeded?: boolean | null;
}
