import type { Admin } from '@currents/core';
import DataLoader from 'dataloader';
import { GraphQLError } from 'graphql';
import { Arg, Ctx, Field, ID, InterfaceType, Query, Resolver } from 'type-graphql';
import type { AdminContext } from './context.js';
import { costs } from '../costs.js';
import { encodeId, parseId, type NodeName } from './ids.js';
import { kindOf } from './kind.js';
import { RequiresRole } from './role.js';

@InterfaceType({
  description: 'An object with an id of its own, which node(id:) finds again.',
  resolveType: kindOf,
})
export abstract class Node {
  @Field(() => ID, {
    description: 'Opaque and permanent. Its prefix tells the type, such as cur_ for a Current; never take it apart.',
  })
  id!: string;
}

/** Finds entities by their database keys: one answer for each key, in order; undefined where there is none. */
type Load = (admin: Admin, keys: readonly string[]) => Promise<readonly (object | undefined)[]>;

const loads = new Map<NodeName, Load>();

/** Makes a type known to `node(id:)` and to `context.load`. Each value is given its `kind`. */
export function registerNode(name: NodeName, load: Load): void {
  loads.set(name, load);
}

/** For a type that is found one by one; anything but a value of that type counts as not found. */
export function registerNodeByOne(
  name: NodeName,
  find: (admin: Admin, key: string) => Promise<object | undefined>,
): void {
  registerNode(name, (admin, keys) => Promise.all(keys.map((key) => find(admin, key))));
}

export const registeredNodes: ReadonlyMap<NodeName, Load> = loads;

export type LoadNode = (name: NodeName, key: string) => Promise<object | undefined>;

/** A loader for one request: what is asked for in one turn is read at once, and each object once. */
export function createNodeLoader(admin: Admin): LoadNode {
  const loaders = new Map<NodeName, DataLoader<string, object | undefined>>();
  return (name, key) => {
    let loader = loaders.get(name);
    if (!loader) {
      const load = loads.get(name);
      if (!load) throw new Error(`no loader is registered for ${name}`);
      loader = new DataLoader(async (keys) => {
        const found = await load(admin, keys);
        return found.map(
          (value) => value && (!('kind' in value) || value.kind === name ? { ...value, kind: name } : undefined),
        );
      });
      loaders.set(name, loader);
    }
    return loader.load(key);
  };
}

@Resolver()
export class NodeResolver {
  @RequiresRole('viewer')
  @Query(() => Node, {
    nullable: true,
    description: 'The object with this id; null when it does not exist or has been deleted.',
    complexity: costs.read,
  })
  async node(
    @Arg('id', () => ID, { description: 'Id of any object, such as "cur_7".' }) id: string,
    @Ctx() { load }: AdminContext,
  ): Promise<unknown> {
    return find(load, id);
  }

  @RequiresRole('viewer')
  @Query(() => [Node], {
    nullable: 'items',
    description: 'The objects with these ids, in the same order; null in the place of each that does not exist.',
    complexity: ({ args, childComplexity }) => (args['ids'] as readonly string[]).length * (20 + childComplexity),
  })
  async nodes(
    @Arg('ids', () => [ID], { description: 'Ids of any objects: at most 200.' }) ids: string[],
    @Ctx() { load }: AdminContext,
  ): Promise<unknown> {
    if (ids.length > maxIds) throw badInput(`ids: expected at most ${maxIds}, got ${ids.length}`, 'BAD_USER_INPUT');
    return Promise.all(ids.map((id) => find(load, id)));
  }
}

const maxIds = 200;

function find(load: LoadNode, id: string): Promise<object | undefined> {
  const parsed = parseId(id);
  if (!parsed) throw badInput(`id: expected an id such as ${encodeId('Current', 7)}, got something else`, 'INVALID_ID');
  return load(parsed.name, parsed.key);
}

function badInput(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
