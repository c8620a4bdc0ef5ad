import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAdminSchema } from '../../src/admin/schema.js';
import { openAdminHarness, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
beforeAll(async () => void (harness = await openAdminHarness()));
afterAll(() => harness.close());

const schema = buildAdminSchema();

/** A value of a type, with only what is required, and the text at `path` replaced. */
function valueOf(type: GraphQLInputType, path: readonly string[]): unknown {
  const inner = getNullableType(type);
  if (isListType(inner)) return [valueOf(inner.ofType, path)];
  if (isInputObjectType(inner)) {
    const fields = Object.values(inner.getFields()).filter(({ name, type }) => isNonNullType(type) || name === path[0]);
    const given = inner.isOneOf && path[0] === undefined ? Object.values(inner.getFields()).slice(0, 1) : fields;
    return Object.fromEntries(
      given.map((field) => [field.name, valueOf(field.type, field.name === path[0] ? path.slice(1) : ['-'])]),
    );
  }
  if (isEnumType(inner)) return inner.getValues()[0]?.name;
  const samples: Readonly<Record<string, unknown>> = {
    Int: 1,
    Float: 1,
    Boolean: true,
    ID: 'cur_1',
    Count: 1,
    DateTime: '2026-01-31T09:30:00Z',
    Date: '2026-01-31',
    JsonObject: {},
  };
  const name = getNamedType(inner).name;
  return path.length === 0 ? (name === 'JsonObject' ? { text: 'a\0b' } : 'a\0b') : (samples[name] ?? 'text');
}

/** The paths of all texts in a type. */
function textsIn(type: GraphQLInputType, depth = 0): string[][] {
  const named = getNamedType(type);
  if (isLeafType(named)) return ['String', 'ID', 'JsonObject'].includes(named.name) ? [[]] : [];
  if (!isInputObjectType(named) || depth === 4) return [];
  return Object.values(named.getFields()).flatMap((field) =>
    textsIn(field.type, depth + 1).map((path) => [field.name, ...path]),
  );
}

const cases = [schema.getQueryType(), schema.getMutationType()].flatMap((root, index) =>
  Object.values(root?.getFields() ?? {}).flatMap((field) =>
    field.args.flatMap((argument) =>
      textsIn(argument.type).map((path) => ({
        at: [field.name, argument.name, ...path].join('.'),
        operation: index === 0 ? 'query' : 'mutation',
        field: field.name,
        selection: isLeafType(getNamedType(field.type)) ? '' : '{ __typename }',
        args: field.args.filter((other) => other === argument || isNonNullType(other.type)),
        argument,
        path,
      })),
    ),
  ),
);

describe('a NUL in a text argument', () => {
  it('is tried in many places', () => {
    expect(cases.map(({ at }) => at)).toEqual(
      expect.arrayContaining(['currents.filter.destination', 'currents.filter.search', 'cohorts.filter.partner']),
    );
  });

  it.each(cases)('is no internal error: $at', async ({ operation, field, selection, args, argument, path }) => {
    const declared = args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
    const passed = args.map(({ name }) => `${name}: $${name}`).join(', ');
    const variables = Object.fromEntries(
      args.map((arg: GraphQLArgument) => [arg.name, valueOf(arg.type, arg === argument ? path : ['-'])]),
    );
    const { status, body, text } = await harness.ask(
      `${operation} (${declared}) { ${field}(${passed}) ${selection} }`,
      variables,
    );
    expect([status, text]).toEqual([
      expect.toBeOneOf([200, 400]),
      expect.not.stringContaining('INTERNAL_SERVER_ERROR'),
    ]);
    for (const { extensions } of body.errors ?? []) expect(extensions.code).toMatch(/^(BAD_USER_INPUT|INVALID_ID)$/);
  });
});
