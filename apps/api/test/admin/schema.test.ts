import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  lexicographicSortSchema,
  printSchema,
  type GraphQLField,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildAdminSchema } from '../../src/admin/schema.js';

const schema = buildAdminSchema();
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
);

describe('the admin schema', () => {
  it('is the one that is committed', () => {
    const committed = readFileSync(fileURLToPath(new URL('../../schema.graphql', import.meta.url)), 'utf8');
    expect(committed).toBe(`${printSchema(lexicographicSortSchema(schema))}\n`);
  });

  it('describes every type, field, argument and choice', () => {
    const silent = types.flatMap((type) => [
      ...(type.description || ['Query', 'Mutation'].includes(type.name) ? [] : [type.name]),
      ...(isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
        ? Object.values(type.getFields()).flatMap((field) => [
            ...(field.description ? [] : [`${type.name}.${field.name}`]),
            ...('args' in field
              ? (field as GraphQLField<unknown, unknown>).args
                  .filter((arg) => !arg.description)
                  .map((arg) => `${type.name}.${field.name}(${arg.name})`)
              : []),
          ])
        : []),
      ...(isEnumType(type)
        ? type
            .getValues()
            .filter(({ description }) => !description)
            .map(({ name }) => `${type.name}.${name}`)
        : []),
    ]);
    expect(silent).toEqual([]);
  });

  it('has for each mutation a result that is one thing done or else problems with a message', () => {
    for (const { name, type } of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      const result = getNamedType(type);
      if (isUnionType(result)) {
        const problems = result
          .getTypes()
          .filter((member) => member.getInterfaces().some((each) => each.name === 'Problem'));
        expect(result.getTypes().length, name).toBeGreaterThan(problems.length);
      } else {
        expect(result.name, name).toBe('AdminTokenCreated');
      }
    }
  });

  it('says of every mutation how to undo it, or has it confirmed', () => {
    const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
    const open = mutations.filter(
      ({ args, description }) =>
        !args.some(({ name }) => name.startsWith('confirm')) && !/To undo it, |undoes it/.test(description ?? ''),
    );
    // It tries something, and changes nothing.
    expect(open.map(({ name }) => name)).toEqual(['testCredentials']);
    const unconfirmed = mutations.filter(
      ({ args, description }) =>
        /[Cc]annot be undone|are gone/.test(description ?? '') && !args.some(({ name }) => name.startsWith('confirm')),
    );
    expect(unconfirmed.map(({ name }) => name)).toEqual([]);
  });

  it('has no field through which credentials could come out', () => {
    const outgoing = types
      .filter((type) => isObjectType(type) || isInterfaceType(type))
      .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })));
    const open = outgoing
      .filter(({ field }) => isScalarType(getNamedType(field.type)) && getNamedType(field.type).name === 'JsonObject')
      .map(({ type, field }) => `${type.name}.${field.name}`);
    expect(open.sort()).toEqual([
      'Before.settings',
      'Current.settings',
      'DeadLetter.event',
      'Deed.given',
      'Destination.credentialsSchema',
      'Destination.settingsSchema',
      'Segment.definition',
      'UserProfile.properties',
    ]);
    const tokens = outgoing.filter(({ field }) => field.name === 'token').map(({ type }) => type.name);
    expect(tokens.sort()).toEqual(['AdminTokenCreated', 'IngestTokenCreated']);
  });
});
