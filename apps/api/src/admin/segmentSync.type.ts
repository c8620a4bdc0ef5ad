import type { SegmentSyncAction, SegmentSyncState, SegmentSyncWalk, SyncRefusal } from '@currents/core';
import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { enumOf, storedEnumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { RequiresRole } from './base/role.js';
import { Count, DateTime, JsonObject } from './base/scalars.js';
import { costs } from './costs.js';
import { CallsThrottled, TestFailed } from './current.result.js';
import { DestinationReason } from './destination.type.js';
import { InputInvalid, NotConfirmed } from './problem.type.js';
import { Member, SegmentChangeType, SegmentNotEvaluated, SegmentNotFound } from './segment.type.js';

const StateEnum = storedEnumOf<SegmentSyncState>('SegmentSyncState', 'Where a segment sync stands.', {
  draft: 'Nothing is sent until it is launched.',
  live: 'Members are sent as they enter and leave.',
  paused: 'Nothing is sent until it is resumed. What changes meanwhile is sent then.',
  blocked:
    'The destination refuses the credentials or the request. It is probed, and the sync resumes by itself once a probe passes.',
});

const ActionEnum = enumOf<SegmentSyncAction>('SegmentSyncAction', 'What can be done to a segment sync.', {
  launch: 'Launch it with launchSegmentSync.',
  pause: 'Pause it with pauseSegmentSync.',
  resume: 'Resume it with resumeSegmentSync.',
  update: 'Replace its credentials with updateSegmentSync.',
  resend: 'Look through all members again with resendSegmentSync.',
  check: 'Compare its members with what was sent by segmentSyncDrift.',
  delete: 'Delete it with deleteSegmentSync.',
});

const WalkEnum = storedEnumOf<SegmentSyncWalk>('SegmentSyncPass', 'Why all members are looked through.', {
  changed: 'To send those that differ from what was sent: the first sync, or a repair.',
  all: 'To send all of them again.',
  clear: 'To take back all that was sent, after which the sync is deleted.',
});

@ObjectType({ description: 'How far all members are looked through.' })
export class SegmentSyncProgress {
  @Field(() => WalkEnum, { description: 'Why they are looked through.' })
  kind!: SegmentSyncWalk;

  @Field(() => Count, { description: 'Number of users looked at so far.' })
  doneCount!: number;

  @Field(() => Count, { description: 'Number of users when it began. Others may come meanwhile.' })
  totalCount!: number;
}

@ObjectType({ description: 'Why nothing is sent for now.' })
export class SegmentSyncDeferral {
  @Field(() => DateTime, { description: 'When sending goes on.' })
  until!: Date;

  @Field(() => String, { description: 'Code of the reason, such as throttled or timeout.' })
  code!: string;

  @Field(() => String, { description: 'The reason in a sentence.' })
  detail!: string;
}

@ObjectType({ description: 'Why a segment sync is BLOCKED.' })
export class SegmentSyncBlock {
  @Field(() => String, { description: 'Code of the reason, such as credentials_refused.' })
  code!: string;

  @Field(() => String, { description: 'The reason in a sentence.' })
  detail!: string;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the hub next tests by itself whether the destination accepts requests. Null while no test is due.',
  })
  nextProbeAt?: Date;
}

@ObjectType({
  implements: Node,
  description:
    'A segment that is held at a destination, such as a custom attribute in Braze. changeCount = deliveredCount + refusedCount + returnedCount + inFlightCount, at any time.',
})
export class SegmentSync extends Node {
  @Field(() => String, { description: 'Name of the destination, such as braze: see segmentDestinations.' })
  destination!: string;

  @RequiresRole('operator')
  @Field(() => JsonObject, { description: 'Its settings, defaults included.', complexity: costs.document })
  settings!: Readonly<Record<string, unknown>>;

  @RequiresRole('operator')
  @Field(() => String, { description: 'The account that it writes to, as far as settings tell: for Braze, the host.' })
  account!: string;

  @Field(() => String, { description: 'Name of what holds the members there: for Braze, the custom attribute.' })
  objectName!: string;

  @Field(() => StateEnum, { description: 'Where it stands.' })
  state!: SegmentSyncState;

  @Field(() => DateTime, { description: 'Since when it is in this state.' })
  stateSince!: Date;

  @Field(() => [ActionEnum], { description: 'What can be done to it in this state.' })
  allowedActions!: SegmentSyncAction[];

  @Field(() => SegmentSyncDeferral, { nullable: true, description: 'Why nothing is sent for now. Null if it is.' })
  deferral?: SegmentSyncDeferral;

  @Field(() => SegmentSyncBlock, { nullable: true, description: 'Why it is BLOCKED. Null in other states.' })
  block?: SegmentSyncBlock;

  @Field(() => SegmentSyncProgress, {
    nullable: true,
    description: 'How far all members are looked through. Null when only entries and exits are followed.',
  })
  progress?: SegmentSyncProgress;

  @Field(() => Boolean, { description: 'True while what was sent is taken back, after which the sync is deleted.' })
  isClearing!: boolean;

  @Field(() => Count, { description: 'Number of changes sent so far; one that is sent again counts again.' })
  changeCount!: number;

  @Field(() => Count, { description: 'Number of changes that the destination accepted.' })
  deliveredCount!: number;

  @Field(() => Count, { description: 'Number of changes that the destination refused or cannot take: see refusals.' })
  refusedCount!: number;

  @Field(() => Count, { description: 'Number of changes that were not accepted and are sent again.' })
  returnedCount!: number;

  @Field(() => Count, { description: 'Number of changes in requests that are under way.' })
  inFlightCount!: number;

  @Field(() => Count, { description: 'Number of users to look at again, and of entries and exits not yet looked at.' })
  waitingCount!: number;

  @Field(() => Count, { description: 'Number of requests so far.' })
  requestCount!: number;

  @Field(() => DateTime, { nullable: true, description: 'When the destination last accepted a change. Null if never.' })
  lastDeliveredAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When all members had last been looked through. Null during the first sync.',
  })
  syncedAt?: Date;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;
}

export const SegmentSyncConnection = connectionOf(SegmentSync, 'syncs');

@ObjectType({
  implements: Node,
  description: 'A change of a user that the destination of a segment sync refused, or cannot take.',
})
export class SegmentSyncRefusal extends Node {
  @RequiresRole('operator')
  @Field(() => Member, { description: 'The user.' })
  member!: Member;

  @Field(() => SegmentChangeType, {
    description: 'What was refused: ENTERED, to hold the user as a member, or LEFT, to hold the user as none.',
  })
  type!: SyncRefusal['type'];

  @Field(() => String, { description: 'The reason as a code, such as device_id_only.' })
  code!: string;

  @Field(() => String, {
    description:
      'The reason in a sentence: what the destination answered, without secrets and values of the request; or why it cannot take the user.',
  })
  detail!: string;

  @Field(() => DateTime, { description: 'When it was refused.' })
  refusedAt!: Date;

  @Field(() => Boolean, {
    description: 'True once something else was sent of the user. False: the refusal is the last that is known.',
  })
  isSuperseded!: boolean;
}

export const SegmentSyncRefusalConnection = connectionOf(SegmentSyncRefusal, 'refusals');

@ObjectType({ description: 'How many of the listed refusals of a segment sync have a reason.' })
export class SegmentSyncRefusalCount {
  @Field(() => String, { description: 'The reason as a code, such as device_id_only.' })
  code!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What the code means, in a sentence for people. Null for what the destination answered: see SegmentSyncRefusal.detail.',
  })
  description?: string;

  @Field(() => Count, { description: 'Number of refusals.' })
  refusalCount!: number;

  @Field(() => DateTime, { description: 'When the last of them was refused.' })
  lastAt!: Date;
}

@ObjectType({ description: 'A partner product that can hold the members of segments.' })
export class SegmentDestination {
  @Field(() => String, { description: 'Name as createSegmentSync expects it, such as braze.' })
  name!: string;

  @Field(() => String, { description: 'Name for people, such as Braze.' })
  label!: string;

  @Field(() => JsonObject, { description: 'JSON Schema of the settings of a sync.', complexity: costs.document })
  settingsSchema!: Readonly<Record<string, unknown>>;

  @Field(() => JsonObject, { description: 'JSON Schema of the credentials of a sync.', complexity: costs.document })
  credentialsSchema!: Readonly<Record<string, unknown>>;

  @Field(() => String, {
    description: 'The setting that names what holds the members, such as attribute: suggestedName is a value for it.',
  })
  nameSetting!: string;

  @Field(() => [DestinationReason], {
    description: 'Why members are refused before they are sent.',
    complexity: costs.list(5),
  })
  reasons!: DestinationReason[];
}

@ObjectType({ description: 'What a destination charges for what is sent, by its own count.' })
export class SegmentSyncCost {
  @Field(() => String, { description: 'What is counted, such as data points.' })
  unit!: string;

  @Field(() => Count, { description: 'How many of them, at most.' })
  count!: number;
}

@ObjectType({ description: 'Members of a sample that the destination cannot take, for one reason.' })
export class SegmentSyncRefusals {
  @Field(() => String, { description: 'Code of the reason, such as device_id_only.' })
  code!: string;

  @Field(() => String, { description: 'What the code means, in a sentence for people.' })
  description!: string;

  @Field(() => Int, { description: 'Number of such members in the sample.' })
  count!: number;
}

@ObjectType({ description: 'What a first sync takes, or to send members again. Nothing is sent or stored for it.' })
export class SegmentSyncPlan {
  @Field(() => String, { description: 'Name of what would hold the members at the destination.' })
  objectName!: string;

  @Field(() => Count, {
    description:
      'Number of users to send, at most: members, and when they are sent again also users who have left since.',
  })
  memberCount!: number;

  @Field(() => Count, { description: 'Number of requests, at most.' })
  requestCount!: number;

  @Field(() => Float, { description: 'Milliseconds that it takes at the rate of the settings.' })
  durationMs!: number;

  @Field(() => SegmentSyncCost, { nullable: true, description: 'What the destination charges. Null if nothing.' })
  cost?: SegmentSyncCost;

  @Field(() => Int, { description: 'Number of members looked at for sampledRefusals: 1,000 at most.' })
  sampledCount!: number;

  @Field(() => [SegmentSyncRefusals], { description: 'Members among them that the destination cannot take.' })
  sampledRefusals!: SegmentSyncRefusals[];

  @RequiresRole('operator')
  @Field(() => JsonObject, { nullable: true, description: 'How the entry of one member is sent.' })
  example?: Readonly<Record<string, unknown>>;
}

@ObjectType({ description: 'The members of a segment, held against what was sent of them.' })
export class SegmentSyncDrift {
  @Field(() => Count, { description: 'Number of members.' })
  memberCount!: number;

  @Field(() => Count, { description: 'Number of members that the destination has accepted.' })
  heldCount!: number;

  @Field(() => Count, { description: 'Number of members that it has refused.' })
  refusedCount!: number;

  @Field(() => Count, { description: 'Number of members that it has neither accepted nor refused yet.' })
  missingCount!: number;

  @Field(() => Count, { description: 'Number of users that it holds, or may hold, as members and that are none.' })
  surplusCount!: number;
}

@ProblemType('No segment sync has this id, or it is deleted.')
export class SegmentSyncNotFound extends Problem {}

@ProblemType(
  'The action is not possible in the state of the segment sync.',
  'Do one of allowedActions, or read the sync again.',
)
export class SegmentSyncWrongState extends Problem {
  @Field(() => [ActionEnum], { description: 'What can be done to it now.' })
  allowedActions!: SegmentSyncAction[];
}

@ProblemType(
  'Another sync of this hub writes to the same place at the destination.',
  'Choose another name; one that differs in capitals only counts as the same.',
)
export class SegmentSyncObjectTaken extends Problem {
  @Field(() => ID, { description: 'Id of that sync.' })
  ownerId!: string;
}

@ObjectType({ description: 'The new segment sync.' })
export class CreateSegmentSyncPayload {
  @Field(() => SegmentSync, { description: 'The sync, which is a DRAFT.' })
  segmentSync!: SegmentSync;
}

@ObjectType({ description: 'The destination would accept members.' })
export class TestSegmentSyncPayload {
  @Field(() => String, { description: 'The result in a sentence for people.' })
  message!: string;
}

@ObjectType({ description: 'The launched segment sync.' })
export class LaunchSegmentSyncPayload {
  @Field(() => SegmentSync, { description: 'The sync, which is LIVE.' })
  segmentSync!: SegmentSync;
}

@ObjectType({ description: 'The paused segment sync.' })
export class PauseSegmentSyncPayload {
  @Field(() => SegmentSync, { description: 'The sync, which is PAUSED.' })
  segmentSync!: SegmentSync;
}

@ObjectType({ description: 'The resumed segment sync.' })
export class ResumeSegmentSyncPayload {
  @Field(() => SegmentSync, { description: 'The sync, which is LIVE.' })
  segmentSync!: SegmentSync;
}

@ObjectType({ description: 'The segment sync with its new credentials.' })
export class UpdateSegmentSyncPayload {
  @Field(() => SegmentSync, { description: 'The sync, which is probed at once if it is BLOCKED.' })
  segmentSync!: SegmentSync;
}

@ObjectType({ description: 'The segment sync whose members are looked through again.' })
export class ResendSegmentSyncPayload {
  @Field(() => SegmentSync, { description: 'The sync, whose progress says how far it is.' })
  segmentSync!: SegmentSync;

  @Field(() => SegmentSyncPlan, {
    nullable: true,
    description: 'What it takes, at most. Null unless dryRun is true.',
  })
  plan?: SegmentSyncPlan;

  @Field(() => Boolean, { description: 'True if nothing is sent, because dryRun was true.' })
  isDryRun!: boolean;
}

@ObjectType({ description: 'The deleted segment sync.' })
export class DeleteSegmentSyncPayload {
  @Field(() => SegmentSync, { description: 'The sync as it was.' })
  segmentSync!: SegmentSync;

  @Field(() => Count, { description: 'Number of users whose values are taken back first. 0 without a clean-up.' })
  clearedCount!: number;

  @Field(() => Boolean, { description: 'True if nothing was deleted, because dryRun was true.' })
  isDryRun!: boolean;
}

export const SegmentSyncResult = resultUnion('SegmentSyncResult', 'The segment sync, or a problem.', () => [
  SegmentSync,
  SegmentSyncNotFound,
]);

export const SegmentSyncPlanResult = resultUnion('SegmentSyncPlanResult', 'The plan, or a problem.', () => [
  SegmentSyncPlan,
  SegmentNotFound,
  SegmentNotEvaluated,
  SegmentSyncObjectTaken,
  InputInvalid,
]);

export const SegmentSyncDriftResult = resultUnion('SegmentSyncDriftResult', 'The comparison, or a problem.', () => [
  SegmentSyncDrift,
  SegmentSyncNotFound,
]);

export const CreateSegmentSyncResult = resultUnion('CreateSegmentSyncResult', 'The new sync, or a problem.', () => [
  CreateSegmentSyncPayload,
  SegmentNotFound,
  SegmentSyncObjectTaken,
  InputInvalid,
]);

export const TestSegmentSyncResult = resultUnion(
  'TestSegmentSyncResult',
  'What the destination answered, or why it was not asked.',
  () => [TestSegmentSyncPayload, TestFailed, CallsThrottled, SegmentSyncNotFound, InputInvalid],
);

export const LaunchSegmentSyncResult = resultUnion('LaunchSegmentSyncResult', 'The live sync, or a problem.', () => [
  LaunchSegmentSyncPayload,
  SegmentSyncNotFound,
  SegmentSyncWrongState,
  SegmentNotEvaluated,
  TestFailed,
]);

export const PauseSegmentSyncResult = resultUnion('PauseSegmentSyncResult', 'The paused sync, or a problem.', () => [
  PauseSegmentSyncPayload,
  SegmentSyncNotFound,
  SegmentSyncWrongState,
]);

export const ResumeSegmentSyncResult = resultUnion('ResumeSegmentSyncResult', 'The live sync, or a problem.', () => [
  ResumeSegmentSyncPayload,
  SegmentSyncNotFound,
  SegmentSyncWrongState,
]);

export const UpdateSegmentSyncResult = resultUnion('UpdateSegmentSyncResult', 'The updated sync, or a problem.', () => [
  UpdateSegmentSyncPayload,
  SegmentSyncNotFound,
  NotConfirmed,
  InputInvalid,
]);

export const ResendSegmentSyncResult = resultUnion('ResendSegmentSyncResult', 'The sync, or a problem.', () => [
  ResendSegmentSyncPayload,
  SegmentSyncNotFound,
  SegmentSyncWrongState,
  NotConfirmed,
  InputInvalid,
]);

export const DeleteSegmentSyncResult = resultUnion('DeleteSegmentSyncResult', 'The deleted sync, or a problem.', () => [
  DeleteSegmentSyncPayload,
  SegmentSyncNotFound,
  NotConfirmed,
]);
