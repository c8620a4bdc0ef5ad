import { Field, InputType, type ClassType } from 'type-graphql';
import { enumOf } from './enum.js';

export const OrderDirection = enumOf<'asc' | 'desc'>('OrderDirection', 'Which end of a list comes first.', {
  asc: 'From the lowest value to the highest: the oldest first, or from A to Z.',
  desc: 'From the highest value to the lowest: the newest first, or from Z to A.',
});

/**
 * The input type of an `orderBy` argument, with the enum of the fields that a list can be ordered by.
 * @param fields every field in the core's words, with its description.
 */
export function orderInput<FieldName extends string>(
  name: string,
  items: string,
  fields: Readonly<Record<FieldName, string>>,
): ClassType<{ field: FieldName; direction: 'asc' | 'desc' }> {
  const OrderField = enumOf<FieldName>(`${name}Field`, `What ${items} can be ordered by.`, fields);

  @InputType(name, { description: `How to order ${items}.` })
  class Order {
    @Field(() => OrderField, { description: `The property to order ${items} by.` })
    field!: FieldName;

    @Field(() => OrderDirection, { defaultValue: 'desc', description: 'Which end comes first; DESC by default.' })
    direction!: 'asc' | 'desc';
  }
  return Order;
}
