import {
  traceEvent,
  traceEvents,
  type EventDelivery as Delivery,
  type TracedEvent,
  type TracedPage,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { RequiresRole } from './base/role.js';
import { Day } from './base/scalars.js';
import { costs } from './costs.js';
import { Current } from './current.type.js';
import { DeadLetter } from './deadLetter.type.js';
import { Job } from './job.type.js';
import { QuarantinedEvent } from './quarantine.type.js';
import {
  EventDelivery,
  EventResult,
  StoredEvent,
  StoredEventConnection,
  StoredEventFilter,
} from './storedEvent.type.js';
import { IngestToken } from './token.type.js';
import { given } from './withoutNulls.js';

@Resolver(() => StoredEvent)
export class StoredEventResolver {
  @RequiresRole('operator')
  @Query(() => EventResult, {
    description:
      'Where an event is: the newest accepted one with this id, otherwise the newest quarantined one. events(filter: { eventId }) lists all of them.',
    complexity: costs.lookUp,
  })
  async event(
    @Arg('eventId', () => String, { description: 'The event’s own id, as its sender set it.' }) eventId: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return traceEvent(admin, eventId);
  }

  @RequiresRole('operator')
  @Query(() => StoredEventConnection, {
    description:
      'Where the events of a user or device are, or all with one id: of the newest day first, accepted events before quarantined ones, each the last first. A page may be shorter than asked for; pageInfo says whether more follows.',
    complexity: costs.lookUpPage,
  })
  async events(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => StoredEventFilter, { description: 'Which events to find.' }) filter: StoredEventFilter,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return traceEvents(admin, page, given(filter));
  }

  @FieldResolver(() => IngestToken, { nullable: true })
  ingestToken(@Root() { tokenId }: TracedEvent, @Ctx() { load }: AdminContext): unknown {
    return tokenId === undefined ? undefined : load('IngestToken', tokenId);
  }

  @FieldResolver(() => QuarantinedEvent, { nullable: true })
  quarantinedEvent(@Root() { quarantinedEventId: id }: TracedEvent, @Ctx() { load }: AdminContext): unknown {
    return id === undefined ? undefined : load('QuarantinedEvent', id);
  }

  @FieldResolver(() => [Current])
  async unselectedCurrents(@Root() { unselectedCurrentIds: ids }: TracedEvent, @Ctx() { load }: AdminContext) {
    const currents = await Promise.all(ids.map((id) => load('Current', id)));
    return currents.filter((current) => current !== undefined);
  }
}

@Resolver(() => EventDelivery)
export class EventDeliveryResolver {
  @FieldResolver(() => Current)
  current(@Root() { currentId }: Delivery, @Ctx() { load }: AdminContext): unknown {
    return load('Current', currentId);
  }

  @FieldResolver(() => Job, { nullable: true })
  replayJob(@Root() { replayJobId: id }: Delivery, @Ctx() { load }: AdminContext): unknown {
    return id === undefined ? undefined : load('Job', id);
  }

  @FieldResolver(() => DeadLetter, { nullable: true })
  deadLetter(@Root() { deadLetterId: id }: Delivery, @Ctx() { load }: AdminContext): unknown {
    return id === undefined ? undefined : load('DeadLetter', id);
  }
}

@Resolver(() => StoredEventConnection)
export class StoredEventConnectionResolver {
  @FieldResolver(() => [Day], {
    description:
      'Days whose events are not searched yet, the newest first: after an upgrade, workers index what was stored before.',
  })
  unsearchedDays(@Root() { unsearchedDays }: TracedPage): readonly string[] {
    return unsearchedDays;
  }
}
