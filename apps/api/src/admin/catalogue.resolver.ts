import {
  groups,
  type EventGroup as Group,
  type EventProperty as Property,
  type EventType as Type,
} from '@currents/schema';
import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { RequiresRole } from './base/role.js';
import { EventGroup, EventProperty, EventType, EventTypeDestination } from './catalogue.type.js';
import { costs } from './costs.js';

@Resolver(() => EventGroup)
export class CatalogueResolver {
  @RequiresRole('viewer')
  @Query(() => [EventGroup], {
    description: 'All event types, as the tree to select from: group → channel → event type.',
    complexity: costs.list(groups.length),
  })
  catalogue(): unknown {
    return groups;
  }

  @FieldResolver(() => String)
  name(@Root() { group }: Group): string {
    return group;
  }
}

@Resolver(() => EventType)
export class EventTypeResolver {
  @FieldResolver(() => Boolean)
  isDeprecated(@Root() { deprecated }: Type): boolean {
    return deprecated;
  }

  @FieldResolver(() => [EventTypeDestination], { complexity: costs.list(2) })
  destinations(@Root() { name }: Type, @Ctx() { admin }: AdminContext): EventTypeDestination[] {
    return [...admin.connectors.values()].flatMap((connector) => {
      const eventName = connector.nameOf(name);
      return eventName === undefined ? [] : [{ destinationName: connector.name, eventName }];
    });
  }
}

@Resolver(() => EventProperty)
export class EventPropertyResolver {
  @FieldResolver(() => Boolean)
  isNullable(@Root() { nullable }: Property): boolean {
    return nullable;
  }

  @FieldResolver(() => Boolean)
  isDeprecated(@Root() { deprecated }: Property): boolean {
    return deprecated ?? false;
  }

  @FieldResolver(() => Boolean)
  isPersonal(@Root() { personal }: Property): boolean {
    return personal ?? false;
  }
}
