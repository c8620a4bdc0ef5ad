import type { SyncView } from '@currents/core';
import { Field, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { storedEnumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Count, DateTime } from './base/scalars.js';

const CohortSyncType = storedEnumOf<SyncView['type']>('CohortSyncType', 'What a sync says about a cohort.', {
  replace: 'The complete membership.',
  add: 'Members to add.',
  remove: 'Members to remove.',
  changes: 'Entries and exits as they arrived, without page numbers.',
});

const CohortSyncState = storedEnumOf<SyncView['state']>('CohortSyncState', 'Where a sync stands.', {
  receiving: 'Pages are still expected.',
  stalled: 'Pages are missing, and none has arrived for ten minutes.',
  applied: 'All of it is applied.',
  superseded: 'A later sync replaced it before it was complete. Nothing of it is applied.',
  incomplete:
    'The missing pages did not arrive within a day, or the pull that fetched them failed or was cancelled. A REPLACE sync left the membership as it was.',
});

@ObjectType({ description: 'Members that were refused for one reason.' })
export class RefusedMembers {
  @Field(() => String, { description: 'Code of the reason: no_id, id_too_long, id_not_text or a partner’s own.' })
  reason!: string;

  @Field(() => String, { description: 'The reason in a sentence.' })
  description!: string;

  @Field(() => Count, { description: 'Number of members.' })
  memberCount!: number;
}

@ObjectType({ implements: Node, description: 'One sync of a cohort, with what it changed.' })
export class CohortSync extends Node {
  @Field(() => CohortSyncType, { description: 'What the sync says about the cohort.' })
  type!: SyncView['type'];

  @Field(() => CohortSyncState, { description: 'Where the sync stands.' })
  state!: SyncView['state'];

  @Field(() => DateTime, { description: 'When its first push arrived.' })
  startedAt!: Date;

  @Field(() => DateTime, { description: 'When its last push arrived.' })
  lastReceivedAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it became APPLIED, SUPERSEDED or INCOMPLETE. Null before.',
  })
  finishedAt?: Date;

  @Field(() => Int, { nullable: true, description: 'Pages received. Null if pages are not numbered.' })
  receivedPageCount?: number;

  @Field(() => Int, { nullable: true, description: 'Pages in all. Null if not known, or pages are not numbered.' })
  expectedPageCount?: number;

  @Field(() => Count, { description: 'Members received, with and without a usable id, duplicates included.' })
  receivedCount!: number;

  @Field(() => Count, { description: 'Members added to the cohort.' })
  addedCount!: number;

  @Field(() => Count, { description: 'Members removed from the cohort.' })
  removedCount!: number;

  @Field(() => Count, { description: 'Members received that changed nothing.' })
  unchangedCount!: number;

  @Field(() => Count, {
    description: 'Members ignored because the partner computed the change before one that was applied already.',
  })
  lateCount!: number;

  @Field(() => [RefusedMembers], { description: 'Members without a usable id, by reason.' })
  refused!: RefusedMembers[];
}

export const CohortSyncConnection = connectionOf(CohortSync, 'syncs');
