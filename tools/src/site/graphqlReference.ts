import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  astFromValue,
  print,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
} from 'graphql';
import { escapeCell, escapeText } from './escape.js';
import type { GeneratedPage } from './generatedPage.js';

const folder = 'reference/graphql';

/** Pages that describe every operation and type of the GraphQL API, made of the schema's own descriptions. */
export function graphqlReference(schema: GraphQLSchema): readonly GeneratedPage[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const types = Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type) && !roots.includes(type as never))
    .sort((left, right) => left.name.localeCompare(right.name, 'en'));
  const kinds = [
    ['objects', 'Objects', isObjectType],
    ['inputs', 'Inputs', isInputObjectType],
    ['enums', 'Enums', isEnumType],
    ['unions', 'Unions and interfaces', (type: unknown) => isUnionType(type) || isInterfaceType(type)],
    ['scalars', 'Scalars', isScalarType],
  ] as const;
  const pageOf = new Map(
    types.map((type) => [type.name, kinds.find(([, , isKind]) => isKind(type))?.[0] ?? 'objects'] as const),
  );
  const link = (type: GraphQLType): string => {
    const page = pageOf.get(getNamedType(type).name);
    const text = `\`${String(type)}\``;
    return page === undefined ? text : `[${text}](/${folder}/${page}#${getNamedType(type).name})`;
  };
  const operations = (['Queries', 'Mutations', 'Subscriptions'] as const).flatMap((title, index) => {
    const fields = Object.values(roots[index]?.getFields() ?? {});
    return fields.length === 0 ? [] : [pageOfOperations(title, fields, link)];
  });
  return [
    ...operations,
    ...kinds.map(([name, title, isKind]) => ({
      path: `${folder}/${name}.md`,
      title: `GraphQL: ${title.toLowerCase()}`,
      text: types
        .filter((type) => isKind(type))
        .map((type) => describeType(type, schema, link))
        .join('\n\n'),
    })),
  ];
}

type LinkTo = (type: GraphQLType) => string;

function pageOfOperations(
  title: string,
  fields: readonly GraphQLField<unknown, unknown>[],
  link: LinkTo,
): GeneratedPage {
  const sections = fields.map((field) =>
    [
      heading(field.name),
      escapeText(field.description ?? ''),
      `Returns ${link(field.type)}.`,
      ...(field.args.length > 0 ? [table('argument', field.args, link)] : []),
    ].join('\n\n'),
  );
  return {
    path: `${folder}/${title.toLowerCase()}.md`,
    title: `GraphQL: ${title.toLowerCase()}`,
    text: sections.join('\n\n'),
  };
}

function describeType(type: GraphQLNamedType, schema: GraphQLSchema, link: LinkTo): string {
  const parts = [heading(type.name), escapeText(type.description ?? '')];
  if (isObjectType(type) || isInterfaceType(type)) {
    const interfaces = type.getInterfaces();
    if (interfaces.length > 0) parts.push(`Implements ${interfaces.map(link).join(', ')}.`);
    parts.push(table('field', Object.values(type.getFields()), link));
  }
  if (isInputObjectType(type)) {
    if (type.isOneOf) parts.push('Exactly one of the fields is given.');
    parts.push(table('field', Object.values(type.getFields()), link));
  }
  if (isUnionType(type) || isInterfaceType(type))
    parts.push(`One of: ${schema.getPossibleTypes(type).map(link).join(', ')}.`);
  if (isEnumType(type))
    parts.push(
      rows(
        ['value', ''],
        type.getValues().map(({ name, description }) => [`\`${name}\``, escapeCell(description ?? '')]),
      ),
    );
  return parts.filter((part) => part !== '').join('\n\n');
}

type Member = GraphQLArgument | GraphQLInputField | GraphQLField<unknown, unknown>;

function table(what: string, members: readonly Member[], link: LinkTo): string {
  return rows(
    [what, 'type', ''],
    members.map((member) => [`\`${member.name}\``, link(member.type), describeMember(member, link)]),
  );
}

function describeMember(member: Member, link: LinkTo): string {
  const sentences = [escapeCell(member.description ?? '')];
  if (member.deprecationReason != null) sentences.push(`**Deprecated**: ${escapeCell(member.deprecationReason)}`);
  if ('defaultValue' in member && member.defaultValue !== undefined) {
    const literal = astFromValue(member.defaultValue, member.type);
    if (literal) sentences.push(`Default: \`${print(literal)}\`.`);
  }
  if ('args' in member)
    for (const arg of member.args)
      sentences.push(`\`${arg.name}\` (${link(arg.type)}): ${escapeCell(arg.description ?? '')}`);
  return sentences.filter((sentence) => sentence !== '').join('<br>');
}

const heading = (name: string): string => `## ${name} {#${name}}`;

function rows(titles: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [row(titles), row(titles.map(() => '---')), ...lines.map(row)].join('\n');
}
