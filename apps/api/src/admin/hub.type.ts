import type { ShownSetting } from '@currents/core';
import { Field, ObjectType } from 'type-graphql';
import { enumOf } from './base/enum.js';
import { Count, DateTime, Day } from './base/scalars.js';
import { costs } from './costs.js';

const HubSettingSource = enumOf<ShownSetting['source']>(
  'HubSettingSource',
  'Where the value of a setting comes from.',
  {
    default: 'The variable is not set, so its default is in force, or none if there is no default.',
    environment: 'The variable is set in the environment of the process.',
  },
);

const HubQueueBackend = enumOf<'postgres' | 'redis'>('HubQueueBackend', 'What keeps the queue.', {
  postgres: 'The database of the hub.',
  redis: 'The Redis that REDIS_URL names.',
});

@ObjectType({ description: 'A setting that is in force in a process, by its environment variable.' })
export class HubSetting {
  @Field(() => String, { description: 'Name of the variable, such as RETENTION_DAYS.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The value in force, such as 14, cut after 200 characters; null when isSecret, or when there is none.',
  })
  value?: string | null;

  @Field(() => HubSettingSource, { description: 'Where the value comes from, such as ENVIRONMENT.' })
  source!: ShownSetting['source'];

  @Field(() => Boolean, {
    description: 'Whether it may hold a secret or an address, so that its value is never shown.',
  })
  isSecret!: boolean;
}

@ObjectType({ description: 'A worker process that has started and not ended cleanly.' })
export class HubWorker {
  @Field(() => DateTime, { description: 'When it started.' })
  startedAt!: Date;

  @Field(() => Boolean, {
    description:
      'Whether it is connected to the database: its heartbeat is a lock there, which a process that dies loses.',
  })
  isAlive!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Version of the hub that it runs, such as 0.1.0; null of a release that does not tell it.',
  })
  version?: string | null;

  @Field(() => Count, { description: 'Number of Currents that it delivers now.' })
  currentCount!: number;

  @Field(() => [HubSetting], {
    nullable: true,
    description: 'Its settings by name, without secrets; null of a release that does not tell them.',
    complexity: costs.list(30),
  })
  settings?: readonly HubSetting[] | null;
}

@ObjectType({ description: 'The queue of wake-up calls. Events are not in it: a lost call changes nothing.' })
export class HubQueue {
  @Field(() => HubQueueBackend, { description: 'What keeps it, such as POSTGRES.' })
  backend!: 'postgres' | 'redis';

  @Field(() => Count, {
    nullable: true,
    description: 'Calls that wait for a worker; null when the queue did not answer in time.',
  })
  waitingCount?: number;

  @Field(() => Count, {
    nullable: true,
    description: 'Calls that a worker is at; null when the queue did not answer in time.',
  })
  activeCount?: number;

  @Field(() => Count, {
    nullable: true,
    description: 'Calls that are to be made later; null when the queue did not answer in time.',
  })
  delayedCount?: number;
}

@ObjectType({ description: 'A table of the database, with its partitions and indexes.' })
export class HubTable {
  @Field(() => String, {
    description:
      'Its name, such as batch. The tables of the queue are together bullmq, and those of cohorts and segments member_set.',
  })
  name!: string;

  @Field(() => Count, { description: 'Bytes that it takes on disk, its indexes included.' })
  byteCount!: number;

  @Field(() => Count, { description: 'Number of its partitions; 0 when it has none.' })
  partitionCount!: number;

  @Field(() => Day, { nullable: true, description: 'Day of its first partition; null when it has none by day.' })
  oldestDay?: string | null;

  @Field(() => Day, {
    nullable: true,
    description: 'Day of its last partition, which is made some days ahead; null when it has none by day.',
  })
  newestDay?: string | null;
}

@ObjectType({ description: 'The database of the hub. Up to half a minute old.' })
export class HubDatabase {
  @Field(() => String, { description: 'Version of PostgreSQL, such as 17.2.' })
  serverVersion!: string;

  @Field(() => Count, { description: 'Bytes of the whole database.' })
  byteCount!: number;

  @Field(() => Count, {
    nullable: true,
    description: 'Bytes that are free on its disk; null when the server is on another machine, or hides its files.',
  })
  freeByteCount?: number;

  @Field(() => [HubTable], { description: 'Its tables, the largest first; at most 200.', complexity: costs.list(60) })
  tables!: HubTable[];
}

@ObjectType({ description: 'What the hub consists of now.' })
export class Hub {
  @Field(() => String, { description: 'Version of the api that answers, such as 0.1.0.' })
  version!: string;

  @Field(() => String, { description: 'Version of Node.js that it runs on, such as 22.12.0.' })
  nodeVersion!: string;

  @Field(() => DateTime, { description: 'When this process of the api started.' })
  startedAt!: Date;

  @Field(() => [HubSetting], {
    description: 'Settings of this process of the api by name, without secrets.',
    complexity: costs.list(40),
  })
  settings!: HubSetting[];

  @Field(() => [HubWorker], {
    nullable: true,
    description: 'Workers, those that started last first, at most 200; null when the database did not answer in time.',
  })
  workers?: HubWorker[];

  @Field(() => HubQueue, { description: 'The queue of wake-up calls.' })
  queue!: HubQueue;

  @Field(() => HubDatabase, { nullable: true, description: 'The database; null when it did not answer in time.' })
  database?: HubDatabase;
}
