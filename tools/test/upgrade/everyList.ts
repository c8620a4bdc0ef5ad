import {
  buildSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

export interface Answers {
  /** The queries that did not answer in full, with the first message of each. */
  readonly failures: Readonly<Record<string, string>>;
  /** The enums of which a value `UNKNOWN` was answered. */
  readonly unknown: readonly string[];
}

const levels = [4, 3, 2, 1, 0];
/** Few items leave room for more levels below them. */
const pageSizes = [5, 20];

/**
 * Asks an api for all that its lists hold, each as deep as the limit of costs allows.
 * @param sdl the schema of that api.
 * @param given the arguments of the queries that need some, such as `(first: 2)`. Those that need others are not asked.
 */
export async function askEveryList(
  apiUrl: string,
  adminToken: string,
  sdl: string,
  given: Readonly<Record<string, string>>,
): Promise<Answers> {
  const schema = buildSchema(sdl);
  const failures: Record<string, string> = {};
  const unknown = new Set<string>();
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    if (field.args.some(isRequiredArgument) && !(field.name in given)) continue;
    const isPaged = !(field.name in given) && field.args.some(({ name }) => name === 'first');
    for (const words of isPaged ? pageSizes.map((size) => `(first: ${size})`) : [given[field.name] ?? '']) {
      const answer = await askOne(apiUrl, adminToken, field, words);
      if (answer.errors) failures[field.name] = answer.errors[0]?.message ?? '';
      findUnknown(schema, answer.data, unknown);
    }
  }
  return { failures, unknown: [...unknown].sort() };
}

interface Answer {
  readonly data?: object | null;
  readonly errors?: readonly { readonly message: string }[];
}

/** The answer to the deepest selection that the api does not refuse for its cost or depth. */
async function askOne(
  apiUrl: string,
  adminToken: string,
  { name, type }: GraphQLField<unknown, unknown>,
  given: string,
): Promise<Answer> {
  let answer: Answer = {};
  for (const depth of levels) {
    const response = await fetch(`${apiUrl}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: `{ ${name}${given} ${selection(getNamedType(type), depth)} }` }),
    });
    answer = (await response.json()) as Answer;
    if (response.status === 200) return answer;
  }
  return answer;
}

/** All fields without required arguments, to some levels below a type. */
function selection(type: GraphQLNamedType, depth: number, union: readonly GraphQLObjectType[] = []): string {
  if (!isCompositeType(type)) return '';
  if (isUnionType(type))
    return `{ __typename ${type
      .getTypes()
      .map((member) => `... on ${member.name} ${selection(member, depth, type.getTypes())}`)
      .join(' ')} }`;
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type);
    const isLeftOut = field.name === 'edges' || (isCompositeType(inner) && depth === 0);
    if (isLeftOut || field.args.some(isRequiredArgument)) return [];
    // Fields of the members of a union have one type, or names of their own.
    const isOther = (other: GraphQLObjectType): boolean =>
      String(other.getFields()[field.name]?.type ?? field.type) !== String(field.type);
    const alias = union.some(isOther) ? `${type.name}__${field.name}: ` : '';
    const page = field.args.some(({ name }) => name === 'first') ? '(first: 2)' : '';
    return [`${alias}${field.name}${page} ${selection(inner, depth - 1)}`];
  });
  return `{ __typename ${fields.join(' ')} }`;
}

function findUnknown(schema: GraphQLSchema, value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const each of value) findUnknown(schema, each, found);
  else if (typeof value === 'object' && value !== null) {
    const type = schema.getType((value as { readonly __typename?: string }).__typename ?? 'Query');
    for (const [name, inner] of Object.entries(value)) {
      const field = isObjectType(type) ? type.getFields()[name.replace(/^.*__(?=.)/, '')] : undefined;
      const answered = field && getNamedType(field.type);
      if (!isEnumType(answered)) findUnknown(schema, inner, found);
      else if ([inner].flat().includes('UNKNOWN')) found.add(answered.name);
    }
  }
}
