import type { CurrentState as State, FindingKind, Severity } from '@currents/core';
import { Field, ObjectType } from 'type-graphql';
import { enumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Count, DateTime } from './base/scalars.js';
import { costs } from './costs.js';
import { CurrentState } from './current.type.js';

const OverviewItemKind = enumOf<FindingKind>('OverviewItemKind', 'What an item of the overview is about.', {
  status_unknown: 'The database did not answer in time for a part of the overview, which is incomplete.',
  no_worker: 'No worker is alive, so nothing is delivered.',
  retry_window_ending: 'Events of a blocked Current expire soon: less than a quarter of the retry window is left.',
  current_blocked: 'A Current is blocked until a person repairs it, or a probe passes.',
  ledger_difference: 'The ledger of a Current differs from what is stored: see ledgerDifferences.',
  quarantine_near_budget:
    'An ingest token fills 80 % or more of what the quarantine has room for. When it is full, bodies are not kept.',
  webhook_blocked: 'A segment webhook is blocked.',
  segment_sync_blocked: 'The sync of a segment to a destination is blocked.',
  cohort_pull_stopped: 'The pull of a cohort failed, and is not repeated until a person repairs it.',
  oldest_pending_too_old: 'An event of a live Current has been pending for more than 10 minutes.',
  webhook_behind: 'A live segment webhook has not received a change for more than 10 minutes.',
  segment_sync_failing: 'No request of a live segment sync has succeeded for more than 10 minutes.',
  dead_letters: 'A Current has dead letters that were not replayed.',
  cohort_stale: 'A cohort has not synced for longer than its schedule allows.',
  key_near_quota: 'Keys, such as devices, of a Current come near the daily quota of the destination.',
  current_warning: 'A worker noticed something about a Current that keeps working: see warnings of the Current.',
  job_failed: 'A job failed in the last day.',
  quarantined_events: 'There are quarantined events that were neither released nor purged.',
  current_paused: 'A Current is paused while events wait for it.',
});

const OverviewSeverity = enumOf<Severity>('OverviewSeverity', 'How urgent an item of the overview is.', {
  critical: 'Events are not delivered or may be lost until a person acts.',
  warning: 'A person should look at it.',
  info: 'It is so because an admin wanted it.',
});

@ObjectType({ description: 'Something that is wrong with the hub now, and what to do about it.' })
export class OverviewItem {
  @Field(() => OverviewItemKind, { description: 'What it is about, such as CURRENT_BLOCKED.' })
  kind!: FindingKind;

  @Field(() => OverviewSeverity, { description: 'How urgent it is, such as CRITICAL.' })
  severity!: Severity;

  @Field(() => DateTime, { nullable: true, description: 'When it began; null where that is not known.' })
  startedAt?: Date;

  @Field(() => String, { description: 'What is wrong, in a sentence for people.' })
  message!: string;

  @Field(() => String, { description: 'What to do about it, for people.' })
  remedy!: string;

  @Field(() => Count, {
    nullable: true,
    description:
      'Number of events, changes, keys or differences that it is about; null where nothing is counted, such as for COHORT_STALE.',
  })
  count?: number;

  @Field(() => Node, {
    nullable: true,
    complexity: costs.read,
    description:
      'The Current, SegmentWebhook, SegmentSync, Cohort, CohortPull, IngestToken or Job that it is about; null when it is about the whole hub.',
  })
  node?: Node;
}

@ObjectType({ description: 'How many Currents are in one state.' })
export class CurrentStateCount {
  @Field(() => CurrentState, { description: 'The state, such as LIVE. No Current here is DELETED.' })
  state!: State;

  @Field(() => Count, { description: 'Number of Currents in this state.' })
  currentCount!: number;
}

@ObjectType({ description: 'Totals over all Currents that are not deleted.' })
export class OverviewTotals {
  @Field(() => [CurrentStateCount], {
    complexity: costs.list(4),
    description: 'Currents by state: DRAFT, LIVE, PAUSED and BLOCKED, in this order.',
  })
  currentsByState!: CurrentStateCount[];

  @Field(() => Count, { description: 'Events that are still to be delivered.' })
  pendingCount!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the oldest event arrived that is still to be delivered; null when none is.',
  })
  oldestPendingAt?: Date;

  @Field(() => Count, {
    description: 'Events that arrived today (UTC) and were selected; an event counts once for each Current.',
  })
  selectedTodayCount!: number;

  @Field(() => Count, { description: 'Of the events in selectedTodayCount, those that are delivered.' })
  deliveredTodayCount!: number;
}

@ObjectType({ description: 'How full the quarantine is.' })
export class QuarantineUsage {
  @Field(() => Count, { description: 'Bytes of the bodies that are stored, compressed.' })
  usedByteCount!: number;

  @Field(() => Count, {
    description: 'The budget in bytes, QUARANTINE_MEGABYTES. An ingest token alone can fill half of it.',
  })
  maxByteCount!: number;
}

@ObjectType({ description: 'What is wrong with the hub now, and totals. Up to a second old.' })
export class Overview {
  @Field(() => Count, { description: 'Number of all items, those included that are not listed.' })
  itemCount!: number;

  @Field(() => DateTime, { description: 'When the overview was made.' })
  checkedAt!: Date;

  @Field(() => OverviewTotals, {
    nullable: true,
    description: 'Totals over all Currents; null when the database did not answer in time.',
  })
  totals?: OverviewTotals;

  @Field(() => Count, {
    nullable: true,
    description: 'Dead letters that were not replayed; null when the database did not answer in time.',
  })
  deadLetterCount?: number;

  @Field(() => Count, {
    nullable: true,
    description:
      'Quarantined events that were neither released nor purged; null when the database did not answer in time.',
  })
  quarantinedEventCount?: number;

  @Field(() => QuarantineUsage, {
    nullable: true,
    description: 'How full the quarantine is; null when the database did not answer in time.',
  })
  quarantineUsage?: QuarantineUsage;

  @Field(() => Count, {
    nullable: true,
    description: 'Number of workers that are alive; null when the database did not answer in time.',
  })
  liveWorkerCount?: number;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the continuous check of all ledgers last ended a full round, about once an hour; null before the first one, and when the database did not answer in time.',
  })
  ledgerCheckedAt?: Date | null;
}
