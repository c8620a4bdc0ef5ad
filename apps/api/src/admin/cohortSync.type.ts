import type { SyncView } from '@currents/core';
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Count, DateTime } from './base/scalars.js';

const syncKinds: { readonly [Name in SyncView['syncKind']]: Name } = {
  replace: 'replace',
  add: 'add',
  remove: 'remove',
  changes: 'changes',
};
registerEnumType(syncKinds, {
  name: 'SyncKind',
  description: 'What a sync says of a cohort.',
  valuesConfig: {
    replace: { description: 'Its whole membership.' },
    add: { description: 'Who entered.' },
    remove: { description: 'Who left.' },
    changes: { description: 'Who entered and who left, as it came.' },
  },
});

const syncStates: { readonly [Name in SyncView['state']]: Name } = {
  receiving: 'receiving',
  stalled: 'stalled',
  applied: 'applied',
  superseded: 'superseded',
  incomplete: 'incomplete',
};
registerEnumType(syncStates, {
  name: 'SyncState',
  description: 'Where a sync stands.',
  valuesConfig: {
    receiving: { description: 'Pages are still coming.' },
    stalled: { description: 'Pages are missing, and none has come for ten minutes.' },
    applied: { description: 'All of it has been applied.' },
    superseded: { description: 'A later one has replaced it; nothing of it was applied.' },
    incomplete: {
      description:
        'Pages never came, and it was given up after a day; or the pull that fetched them failed or was cancelled. A whole membership was left as it was.',
    },
  },
});

@ObjectType({ description: 'How many members were refused for one reason.' })
export class RefusedMembers {
  @Field(() => String, { description: 'Why, for machines, such as no_id, id_too_long or id_not_text.' })
  code!: string;

  @Field(() => String, { description: 'Why, in a sentence.' })
  description!: string;

  @Field(() => Count, { description: 'How many.' })
  members!: number;
}

@ObjectType({ description: 'What one sync of a cohort did.' })
export class CohortSync {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => syncKinds, { description: 'What it says.' })
  syncKind!: SyncView['syncKind'];

  @Field(() => syncStates, { description: 'Where it stands.' })
  state!: SyncView['state'];

  @Field(() => DateTime, { description: 'When its first push came.' })
  startedAt!: Date;

  @Field(() => DateTime, { description: 'When its last push came.' })
  lastAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it was applied, superseded or given up.' })
  finishedAt?: Date;

  @Field(() => Int, { nullable: true, description: 'Pages that have come, where they are numbered.' })
  pagesReceived?: number;

  @Field(() => Int, { nullable: true, description: 'Pages that there are, where they are numbered.' })
  pagesExpected?: number;

  @Field(() => Count, { description: 'Members named, usable or not, as often as they were named.' })
  given!: number;

  @Field(() => Count, { description: 'Members that are in since.' })
  added!: number;

  @Field(() => Count, { description: 'Members that are out since.' })
  removed!: number;

  @Field(() => Count, { description: 'Members that were named and stayed as they were.' })
  unchanged!: number;

  @Field(() => Count, {
    description: 'Members named by a change that the partner computed before a newer one; they stayed as they were.',
  })
  late!: number;

  @Field(() => [RefusedMembers], { description: 'Members that have no usable id, by reason.' })
  refused!: RefusedMembers[];
}

@ObjectType({ description: 'Some syncs of a cohort, the newest first.' })
export class CohortSyncPage {
  @Field(() => [CohortSync], { description: 'The syncs of this page.' })
  nodes!: CohortSync[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}
