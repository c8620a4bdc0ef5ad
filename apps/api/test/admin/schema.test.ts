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
  parse,
  printSchema,
  validate,
  type GraphQLEnumType,
  type GraphQLInterfaceType,
  type GraphQLUnionType,
  type GraphQLArgument,
  type GraphQLField,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildAdminSchema } from '../../src/admin/schema.js';
import { registeredNodes } from '../../src/admin/base/node.js';

const schema = buildAdminSchema();

const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

const types = Object.values(schema.getTypeMap()).filter(
  (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
);

/** Whether a mutation requires confirmation by a name or an id, or has a dry run by default. */
function confirms(args: readonly GraphQLArgument[]): boolean {
  return args.some(({ name, type }) => {
    const input = getNamedType(type);
    const fields = isInputObjectType(input) ? Object.keys(input.getFields()) : [];
    return [name, ...fields].some((each) => /^confirm|^dryRun$/.test(each));
  });
}

describe('the admin schema', () => {
  it('equals the committed file', () => {
    const committed = readFileSync(fileURLToPath(new URL('../../schema.graphql', import.meta.url)), 'utf8');
    expect(committed).toBe(`${printSchema(lexicographicSortSchema(schema))}\n`);
  });

  it('has a description for every type, field, argument and enum value', () => {
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

  it('has a union of payloads and problems as the result of every mutation', () => {
    for (const { name, type } of mutations) {
      const result = getNamedType(type);
      if (isUnionType(result)) {
        const problems = result
          .getTypes()
          .filter((member) => member.getInterfaces().some((each) => each.name === 'Problem'));
        expect(result.getTypes().length, name).toBeGreaterThan(problems.length);
      } else {
        throw new Error(`${name} answers ${result.name}, which is no union`);
      }
    }
  });

  it('has one payload and at least one problem for every mutation, and every problem’s code in the enum', () => {
    const codes = Object.values((schema.getType('ProblemCode') as GraphQLEnumType).getValues()).map(({ name }) => name);
    for (const { name, type } of mutations) {
      const [payload, ...problems] = (getNamedType(type) as GraphQLUnionType).getTypes();
      expect(payload?.name, name).toBe(`${name.charAt(0).toUpperCase()}${name.slice(1)}Payload`);
      expect(problems.length, name).toBeGreaterThan(0);
      for (const problem of problems) {
        expect(
          problem.getInterfaces().map((each) => each.name),
          problem.name,
        ).toContain('Problem');
        expect(codes, problem.name).toContain(problem.name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase());
      }
    }
  });

  it('has one argument for every mutation: an input of its name', () => {
    for (const { name, args } of mutations) {
      const input = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
      expect(
        args.map((arg) => [arg.name, String(arg.type)]),
        name,
      ).toEqual([['input', input]]);
    }
  });

  it('allows exactly one kind of condition per level of a definition, in SDL and in validation', () => {
    expect(printSchema(schema)).toContain('input SegmentDefinitionInput @oneOf {');
    const errorsOf = (definition: string) =>
      validate(schema, parse(`{ previewSegment(definition: ${definition}) { __typename } }`)).map(
        ({ message }) => message,
      );
    expect(errorsOf('{ includes: "coh_1" }')).toEqual([]);
    expect(errorsOf('{ all: [{ includes: "coh_1" }, { not: { excludes: "coh_2" } }] }')).toEqual([]);
    for (const wrong of ['{ includes: "coh_1", excludes: "coh_2" }', '{}', '{ includes: null }'])
      expect(errorsOf(wrong), wrong).not.toEqual([]);
  });

  it('has connections of nodes, or of values without an id', () => {
    const listed = types.flatMap((type) =>
      isObjectType(type) && type.name.endsWith('Edge')
        ? [getNamedType((type.getFields()['node'] as GraphQLField<unknown, unknown>).type)]
        : [],
    );
    const values = listed.filter(
      (type) => !(isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node')),
    );
    expect(values.map(({ name }) => name).sort()).toEqual([
      'KeyNearQuota',
      'Member',
      'PartnerCohort',
      'SegmentChange',
      'StoredEvent',
      'ThrottledKey',
    ]);
  });

  it('has a loader for every node', () => {
    const nodes = schema.getPossibleTypes(schema.getType('Node') as GraphQLInterfaceType).map(({ name }) => name);
    expect([...registeredNodes.keys()].sort()).toEqual([...nodes].sort());
  });

  it('has sentences as descriptions, and enum values in capitals', () => {
    const short = types.flatMap((type) =>
      isObjectType(type) || isInputObjectType(type)
        ? Object.values(type.getFields())
            .filter(({ description }) => !/^[A-Z“1].{14,}\.$/s.test(description ?? ''))
            .map(({ name }) => `${type.name}.${name}`)
        : [],
    );
    expect(short).toEqual([]);
    const small = types.flatMap((type) =>
      isEnumType(type) ? type.getValues().filter(({ name }) => name !== name.toUpperCase()) : [],
    );
    expect(small).toEqual([]);
  });

  it('describes for every mutation how to undo it, or requires confirmation', () => {
    const open = mutations.filter(
      ({ args, description }) => !confirms(args) && !/To undo it, |undoes it/.test(description ?? ''),
    );
    // A test and a check change nothing.
    expect(open.map(({ name }) => name).sort()).toEqual([
      'checkCohort',
      'checkLedger',
      'sendTestEvent',
      'sendTestNotice',
      'testCredentials',
      'testNoticeWebhook',
      'testSegmentSync',
      'testStagedCredentials',
    ]);
    const unconfirmed = mutations.filter(
      ({ args, description }) => /[Cc]annot be undone|are gone/.test(description ?? '') && !confirms(args),
    );
    expect(unconfirmed.map(({ name }) => name)).toEqual([]);
  });

  it('has no field that could expose credentials', () => {
    const outgoing = types
      .filter((type) => isObjectType(type) || isInterfaceType(type))
      .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })));
    const open = outgoing
      .filter(({ field }) => isScalarType(getNamedType(field.type)) && getNamedType(field.type).name === 'JsonObject')
      .map(({ type, field }) => `${type.name}.${field.name}`);
    expect(open.sort()).toEqual([
      'AuditEntry.arguments',
      'Current.settings',
      'CurrentBefore.settings',
      'DeadLetter.event',
      'Destination.credentialsSchema',
      'Destination.settingsSchema',
      'EventPreview.event',
      'SegmentDestination.credentialsSchema',
      'SegmentDestination.settingsSchema',
      'SegmentSync.settings',
      'SegmentSyncPlan.example',
      'StoredEvent.event',
      'UserProfile.properties',
    ]);
    const tokens = outgoing.filter(({ field }) => field.name === 'token').map(({ type }) => type.name);
    expect(tokens.sort()).toEqual(['CreateAdminTokenPayload', 'CreateIngestTokenPayload']);
  });
});
