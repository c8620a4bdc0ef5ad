import { groups, type EventProperty as Property, type EventType as CatalogueType } from '@currents/schema';
import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { EventGroup, EventProperty, EventType, TakenBy } from './catalogue.type.js';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';

@Resolver(() => EventType)
export class CatalogueResolver {
  @Query(() => [EventGroup], {
    description: 'Every event type there is, as the tree an admin ticks: group → channel → event type.',
    complexity: costs.tree,
  })
  catalogue(): unknown {
    return groups;
  }

  @FieldResolver(() => [TakenBy], {
    description: 'The destinations that take it; a Current to any other leaves it out.',
  })
  takenBy(@Root() eventType: CatalogueType, @Ctx() { admin }: AdminContext): TakenBy[] {
    return [...admin.connectors.values()].flatMap((connector) => {
      const name = connector.nameOf(eventType.name);
      return name === undefined ? [] : [{ destination: connector.name, name }];
    });
  }
}

@Resolver(() => EventProperty)
export class EventPropertyResolver {
  @FieldResolver(() => Boolean, { description: 'Whether the platform advises against reading it.' })
  deprecated(@Root() property: Property): boolean {
    return property.deprecated ?? false;
  }

  @FieldResolver(() => Boolean, {
    description: 'Whether it says something about the person: an address, a number, words they wrote.',
  })
  personal(@Root() property: Property): boolean {
    return property.personal ?? false;
  }
}
