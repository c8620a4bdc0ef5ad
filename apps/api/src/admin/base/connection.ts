import { maxCounted, type Page } from '@currents/core';
import { ArgsType, Field, Int, ObjectType, type ClassType } from 'type-graphql';
import { costs } from '../costs.js';
import { Count } from './scalars.js';

@ObjectType({ description: 'Where a page of a list begins and ends.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more items follow: pass endCursor as after to get them.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether items come before this page, which is so whenever after was given.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first item; null when the page is empty.' })
  startCursor?: string | undefined;

  @Field(() => String, {
    nullable: true,
    description:
      'Cursor of the last item, or of what was looked at without finding more; null when the page is empty and the last one.',
  })
  endCursor?: string | undefined;
}

/** The arguments of every connection: `@Args() page: PageArgs`. What they hold is checked in the core. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: 50, description: 'How many items to return at most: 1 to 200.' })
  first!: number;

  @Field(() => String, {
    nullable: true,
    description: 'A cursor of this list, with the same filter and order: the page begins after it. Null: at the start.',
  })
  after?: string | undefined;
}

/**
 * The types `XConnection` and `XEdge` of a node type `X`. A resolver that returns one answers with the core's `Page`.
 * @param items what is listed, such as `Currents`.
 * @param isCounted false: to count the list would take as long as to read all of it, so the type has no counts.
 */
export function connectionOf<Item extends object>(
  Item: ClassType<Item>,
  items: string,
  { isCounted = true }: { readonly isCounted?: boolean } = {},
): ClassType<object> {
  const CountField = isCounted ? Field : leaveOut;

  @ObjectType(`${Item.name}Edge`, { description: `One of the ${items} of a page, with its place in the list.` })
  class Edge {
    @Field(() => String, { description: 'Opaque place in the list, to pass as after.' })
    cursor!: string;

    @Field(() => Item, { description: 'The item itself.' })
    node!: Item;
  }

  @ObjectType(`${Item.name}Connection`, { description: `A page of ${items}.` })
  class Connection {
    @Field(() => [Edge], { description: 'The items of this page with their cursors.', complexity: costs.items })
    edges(): readonly Edge[] {
      const { nodes, cursors } = pageOf<Item>(this);
      return nodes.map((node, index) => ({ node, cursor: cursors[index] as string }));
    }

    @Field(() => [Item], { description: 'The items of this page, without their cursors.', complexity: costs.items })
    nodes!: Item[];

    @Field(() => PageInfo, { description: 'Where this page begins and ends, and whether more follows.' })
    pageInfo(): PageInfo {
      const { cursors, nextCursor, hasPreviousPage } = pageOf(this);
      return {
        hasNextPage: nextCursor !== undefined,
        hasPreviousPage,
        startCursor: cursors[0],
        endCursor: nextCursor ?? cursors.at(-1),
      };
    }

    @CountField(() => Count, {
      description: `How many ${items} the whole list has, counted when asked for and only up to 10,000.`,
      complexity: costs.count,
    })
    async totalCount(): Promise<number> {
      return Math.min(await pageOf(this).count(), maxCounted);
    }

    @CountField(() => Boolean, {
      description: 'False when the list has more than 10,000 items, so that totalCount says only 10,000.',
      complexity: costs.count,
    })
    async totalCountIsExact(): Promise<boolean> {
      return (await pageOf(this).count()) <= maxCounted;
    }
  }
  return Connection;
}

/** Takes the place of `Field`, and adds none. */
function leaveOut(_type: unknown, _options: unknown): MethodDecorator {
  return () => undefined;
}

/** type-graphql hands a method its type's instance with the fields of what the resolver returned. */
function pageOf<Item>(instance: object): Page<Item> {
  return instance as Page<Item>;
}
