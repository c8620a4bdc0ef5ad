import { QuestionRefused, type TailFilter, type TailItem, type TailReader, type TailUpdate } from '@currents/core';
import { findEventType } from '@currents/schema';
import { GraphQLError } from 'graphql';
import { Arg, Ctx, FieldResolver, Resolver, Root, Subscription } from 'type-graphql';
import { answerProblem } from './base/answer.js';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { LiveTailFilter, LiveTailItem, LiveTailUpdate } from './liveTail.type.js';

@Resolver(() => LiveTailItem)
export class LiveTailResolver {
  @RequiresRole('operator')
  @Subscription(() => LiveTailUpdate, {
    description:
      'A sample of events and outcomes as they happen. It ends after 30 minutes, with the session or the token, and when the hub stops; ask for it again then.',
    complexity: costs.read,
    subscribe({ args, context, info }) {
      try {
        return updatesOf(context as AdminContext, (args as { filter?: LiveTailFilter | null }).filter ?? {});
      } catch (error) {
        return answerProblem(error, info) as never;
      }
    },
  })
  liveTail(
    @Arg('filter', () => LiveTailFilter, { nullable: true, description: 'What to show; everything without it.' })
    _filter: LiveTailFilter | null,
    @Root() { items, leftOutCount }: TailUpdate,
  ): unknown {
    return { items, leftOutCount };
  }

  @FieldResolver()
  occurredAt(@Root() { occurredAtMs }: TailItem): Date {
    return new Date(occurredAtMs);
  }

  @FieldResolver()
  current(@Root() { currentId }: TailItem, @Ctx() { load }: AdminContext): unknown {
    return currentId === null ? undefined : load('Current', String(currentId));
  }

  @FieldResolver()
  ingestToken(@Root() { tokenId }: TailItem, @Ctx() { load }: AdminContext): unknown {
    return tokenId === null ? undefined : load('IngestToken', String(tokenId));
  }
}

function updatesOf({ liveTail }: AdminContext, filter: LiveTailFilter): AsyncIterable<TailUpdate> {
  const reader = liveTail.open(readFilter(filter));
  if (reader === undefined)
    throw new GraphQLError('as many readers of the live tail are connected as this hub serves; ask again later', {
      extensions: { code: 'TOO_MANY_REQUESTS' },
    });
  return new Updates(reader);
}

function readFilter({ kinds, currentId, eventType }: LiveTailFilter): TailFilter {
  if (eventType != null && findEventType(eventType) === undefined)
    throw new QuestionRefused('filter.eventType: expected the name of an event type such as users.messages.email.Open');
  return {
    ...(kinds != null && { kinds }),
    ...(currentId != null && { currentId: Number(decodeId('Current', currentId, 'filter.currentId')) }),
    ...(eventType != null && { eventType }),
  };
}

/** Not a generator: one that waits for its next value cannot be ended. */
class Updates implements AsyncIterableIterator<TailUpdate, undefined> {
  constructor(private readonly reader: TailReader) {}

  async next(): Promise<IteratorResult<TailUpdate, undefined>> {
    const value = await this.reader.next();
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  async return(): Promise<IteratorResult<TailUpdate, undefined>> {
    this.reader.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
