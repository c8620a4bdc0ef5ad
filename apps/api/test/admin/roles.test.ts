import { adminRoles, createAdminToken, type AdminRole } from '@currents/core';
import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLInputType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requiredRole } from '../../src/admin/base/role.js';
import { buildAdminSchema } from '../../src/admin/schema.js';
import { openAdminHarness, type AdminHarness } from './adminHarness.js';

/** Made from the schema, so that a new field is in it. A new query or mutation without a role does not even build. */

const schema = buildAdminSchema();
const roots = [
  ...Object.values(schema.getQueryType()?.getFields() ?? {}).map((field) => ({ operation: 'query', field })),
  ...Object.values(schema.getMutationType()?.getFields() ?? {}).map((field) => ({ operation: 'mutation', field })),
];

let harness: AdminHarness;
const tokens = new Map<AdminRole, string>();
beforeAll(async () => {
  harness = await openAdminHarness();
  for (const role of adminRoles) {
    const made = await createAdminToken(harness.admin, { name: role, role });
    if (made.kind !== 'AdminTokenCreated') throw new Error(made.message);
    tokens.set(role, made.token);
  }
});
afterAll(() => harness.close());

const ask = (role: AdminRole, query: string) => harness.ask(query, {}, { authorization: `Bearer ${tokens.get(role)}` });

/** A literal of the type that passes validation. What it names does not exist, so that nothing happens to anything. */
function literal(type: GraphQLInputType): string {
  const given = getNullableType(type);
  if (isListType(given)) return `[${literal(given.ofType)}]`;
  if (isEnumType(given)) return given.getValues()[0]?.name ?? '';
  if (isInputObjectType(given)) {
    const fields = Object.values(given.getFields());
    const needed = given.isOneOf
      ? fields.filter((field) => isLeafType(getNamedType(field.type))).slice(0, 1)
      : fields.filter(isRequiredInputField);
    return `{ ${needed.map(({ name, type: inner }) => `${name}: ${literal(inner)}`).join(', ')} }`;
  }
  const samples: Readonly<Record<string, string>> = {
    ID: '"cur_4711"',
    Int: '1',
    Count: '1',
    Float: '1',
    Boolean: 'true',
    String: '"nothing"',
    JsonObject: '{}',
    DateTime: '"2000-01-01T00:00:00Z"',
    Date: '"2000-01-01"',
  };
  return samples[getNamedType(given).name] ?? '""';
}

function call(name: string, args: readonly GraphQLArgument[], isLeaf: boolean): string {
  const given = args.filter(isRequiredArgument).map((arg) => `${arg.name}: ${literal(arg.type)}`);
  return `${name}${given.length > 0 ? `(${given.join(', ')})` : ''}${isLeaf ? '' : ' { __typename }'}`;
}

const inCapitals = (role: AdminRole): string => role.toUpperCase();

describe('a role', () => {
  it.each(roots.map(({ operation, field }) => [operation, field.name, field] as const))(
    'is stated by the %s %s, and enforced',
    async (operation, name, field) => {
      const needed = requiredRole(field);
      if (needed === undefined) throw new Error(`${name} states no role: put @RequiresRole(…) beside it`);
      expect(field.description).toMatch(new RegExp(`Needs the role ${inCapitals(needed)}\\.$`));
      const document = `${operation} { ${call(name, field.args, isLeafType(getNamedType(field.type)))} }`;
      for (const role of adminRoles) {
        const { status, body } = await ask(role, document);
        const codes = (body.errors ?? []).map((error: any) => error.extensions.code);
        if (adminRoles.indexOf(role) >= adminRoles.indexOf(needed)) {
          expect(codes, `${name} with the role ${role}`).not.toContain('FORBIDDEN');
          expect(codes, `${document} is no valid sample`).not.toContain('GRAPHQL_VALIDATION_FAILED');
        } else {
          expect([status, body.errors, body.data], `${name} with the role ${role}`).toEqual([
            403,
            [
              {
                message: expect.stringContaining(`expected a token with the role ${inCapitals(needed)}`),
                extensions: { code: 'FORBIDDEN', requiredRole: inCapitals(needed), role: inCapitals(role) },
              },
            ],
            undefined,
          ]);
        }
      }
    },
  );

  it('is needed by fields with personal data wherever they are reached from', async () => {
    const guarded = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .filter(({ name }) => !['Query', 'Mutation'].includes(name))
      .flatMap((type) =>
        Object.values(type.getFields()).flatMap((field) => {
          const role = requiredRole(field);
          return role ? [`${type.name}.${field.name}: ${role}`] : [];
        }),
      );
    expect(guarded.sort()).toEqual([
      'AuditEntry.arguments: operator',
      'Current.keysNearQuota: operator',
      'Current.throttledKeys: operator',
      'DeadLetter.event: operator',
      'NoticeDelivery.recipient: operator',
      'NoticeWebhook.url: operator',
      'QuarantinedEvent.body: operator',
      'Segment.members: operator',
      'SegmentPreview.examples: operator',
      'SegmentSync.account: operator',
      'SegmentSync.settings: operator',
      'SegmentSyncPlan.example: operator',
      'SegmentSyncRefusal.member: operator',
      'SegmentWebhook.url: operator',
      'StoredEvent.event: operator',
      'Subscription.liveTail: operator',
      'UserDeletion.finishedAt: admin',
      'UserDeletion.hashes: admin',
      'UserDeletion.requestedAt: admin',
    ]);
    // A field of an interface would be a way around the roles of the types.
    for (const type of Object.values(schema.getTypeMap()).filter(isInterfaceType))
      for (const { name } of Object.values(type.getFields()))
        for (const { name: owner } of schema.getPossibleTypes(type))
          expect(
            guarded.some((field) => field.startsWith(`${owner}.${name}:`)),
            `${owner}.${name}`,
          ).toBe(false);
  });

  it('that a list needs is needed by its objects, too, which node(id:) finds as well', async () => {
    const open = roots.flatMap(({ operation, field }) => {
      const role = requiredRole(field) ?? 'viewer';
      const connection = getNamedType(field.type);
      const nodes = isObjectType(connection) ? connection.getFields()['nodes'] : undefined;
      const type = nodes && getNamedType(nodes.type);
      if (operation !== 'query' || role === 'viewer' || !isObjectType(type)) return [];
      if (!type.getInterfaces().some(({ name }) => name === 'Node')) return [];
      return Object.values(type.getFields())
        .filter((inner) => inner.name !== 'id' && requiredRole(inner) !== role)
        .map(({ name }) => `${type.name}.${name}`);
    });
    expect(open).toEqual([]);
    const hashes = '{ node(id: "udl_1") { ... on UserDeletion { hashes } } }';
    expect([(await ask('operator', hashes)).status, (await ask('admin', hashes)).status]).toEqual([403, 200]);
  });

  it('is needed to ask for what happened to a user', async () => {
    const given = async (role: AdminRole, query: string, variables: object = {}) => {
      const answer = await harness.ask(query, variables as Record<string, unknown>, {
        authorization: `Bearer ${tokens.get(role)}`,
      });
      return [answer.status, answer.body.errors?.[0]];
    };
    const users = ['customer-42'];
    for (const [query, variables] of [
      ['{ deadLetters(filter: { users: ["customer-42"] }) { totalCount } }'],
      [
        'query ($users: [String!]) { deadLetters(filter: { users: $users, code: "invalid" }) { totalCount } }',
        { users },
      ],
      ['query ($f: DeadLetterFilter) { deadLetters(filter: $f) { totalCount } }', { f: { users } }],
      ['query ($f: QuarantineFilter) { quarantinedEvents(filter: $f) { totalCount } }', { f: { users: users[0] } }],
      ['query ($f: QuarantineFilter = { users: "customer-42" }) { quarantinedEvents(filter: $f) { totalCount } }'],
      [
        'query ($f: QuarantineFilter) { ...Groups } fragment Groups on Query { quarantinedEvents(filter: $f) { totalCount } }',
        { f: { users } },
      ],
    ] as const) {
      const [status, error] = await given('viewer', query, variables);
      expect([status, error?.message, error?.extensions], query).toEqual([
        403,
        expect.stringMatching(/Filter\.users: expected a token with the role OPERATOR, got one with the role VIEWER$/),
        { code: 'FORBIDDEN', requiredRole: 'OPERATOR', role: 'VIEWER' },
      ]);
      expect(await given('operator', query, variables), query).toEqual([200, undefined]);
    }
    for (const filter of [{ users: null }, { code: 'invalid', eventIds: ['one'] }])
      expect(
        await given('viewer', 'query ($f: DeadLetterFilter) { deadLetters(filter: $f) { totalCount } }', { f: filter }),
      ).toEqual([200, undefined]);
  });

  it('lets a viewer read all the rest of an object with personal data', async () => {
    expect((await ask('viewer', '{ deadLetters { nodes { id code detail } totalCount } }')).status).toBe(200);
    for (const path of [
      '{ deadLetters { nodes { event } } }',
      '{ node(id: "dlq_1-1") { ... on DeadLetter { event } } }',
      'query { nodes(ids: ["seg_1"]) { ...Members } } fragment Members on Segment { members { totalCount } }',
      '{ currents { nodes { throttledKeys { totalCount } } } }',
    ])
      expect([(await ask('viewer', path)).status, (await ask('operator', path)).status], path).toEqual([403, 200]);
  });

  it('is checked for the operation that is run, and nothing of a refused request is done', async () => {
    const document = `query Read { currents { totalCount } } mutation Make { createImportPartner(input: { name: "braze" }) { __typename } }`;
    const run = (operationName: string) =>
      harness.send(JSON.stringify({ query: document, operationName }), {
        authorization: `Bearer ${tokens.get('operator')}`,
      });
    expect((await run('Read')).status).toBe(200);
    expect((await run('Make')).status).toBe(403);
    const mixed =
      'mutation { a: resumeCurrent(input: { id: "cur_1" }) { __typename } b: deleteCurrent(input: { id: "cur_1", confirmName: "x" }) { __typename } }';
    expect((await ask('operator', mixed)).body.errors[0].message).toMatch(/^Mutation\.deleteCurrent: /);
    const { nodes } = await harness.do(
      '{ auditLog(filter: { action: CREATE_IMPORT_PARTNER }) { nodes { succeeded result actor { adminToken { name } } } } }',
    );
    const ofOperator = nodes.filter((entry: any) => entry.actor.adminToken.name === 'operator');
    expect(ofOperator).toEqual([
      { succeeded: false, result: 'forbidden', actor: { adminToken: { name: 'operator' } } },
    ]);
  });

  it('of the token in use can be read by everybody', async () => {
    for (const role of adminRoles)
      expect((await ask(role, '{ me { name role isOwn } }')).body.data.me).toEqual({
        name: role,
        role: inCapitals(role),
        isOwn: true,
      });
  });
});
