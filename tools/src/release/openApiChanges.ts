/** The parts of an OpenAPI 3.1 document that a change is judged by. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Operation {
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: Body | Reference;
  readonly responses: Readonly<Record<string, Body | Reference>>;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}
interface Reference {
  readonly $ref: string;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}
interface Body {
  readonly required?: boolean;
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}
type Schema = Readonly<Record<string, unknown>>;

/** A request is what clients write: it must not ask for more. An answer is what they read: it must not give less. */
type Direction = 'request' | 'answer';

/**
 * What of `former` a client may rely on that `present` no longer holds, one sentence each: operations, parameters, media
 * types, statuses, ways to authenticate, properties and enum values that are gone, and what has become required. Values
 * that an answer may newly have are no breaking change: clients have to pass over what they do not know.
 */
export function findBreakingOpenApiChanges(former: OpenApi, present: OpenApi): readonly string[] {
  return Object.entries(former.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const name = `${method.toUpperCase()} ${path}`;
      const now = present.paths[path]?.[method];
      if (!now) return [`${name} is gone`];
      return [
        ...compareSecurity(operation, now),
        ...compareParameters(resolver(former), resolver(present), operation, now),
        ...compareRequests(resolver(former), resolver(present), operation, now),
        ...compareAnswers(resolver(former), resolver(present), operation, now),
      ].map((change) => `${name}: ${change}`);
    }),
  );
}

type Resolve = <Value extends object>(value: Value | Reference) => Value;

function resolver({ components }: OpenApi): Resolve {
  return <Value extends object>(value: Value | Reference): Value => {
    if (!('$ref' in value)) return value;
    const [, , kind = '', name = ''] = String(value.$ref).split('/');
    const found = components?.[kind]?.[name];
    if (found === undefined) throw new Error(`expected a part of the document, got ${String(value.$ref)}`);
    return found as Value;
  };
}

function compareSecurity(former: Operation, present: Operation): string[] {
  const schemes = ({ security = [] }: Operation) => security.map((each) => Object.keys(each).sort().join(' and '));
  const now = schemes(present);
  return schemes(former)
    .filter((scheme) => !now.includes(scheme))
    .map((scheme) => `authentication by ${scheme || 'nothing'} is gone`);
}

function compareParameters(before: Resolve, after: Resolve, former: Operation, present: Operation): string[] {
  const list = (resolve: Resolve, { parameters = [] }: Operation) =>
    new Map(parameters.map((each) => resolve(each)).map((each) => [`${each.in} parameter ${each.name}`, each]));
  const [old, now] = [list(before, former), list(after, present)];
  return [
    ...[...old].flatMap(([name, parameter]) => {
      const kept = now.get(name);
      if (!kept) return [`${name} is gone`];
      return compareSchemas(before, after, parameter.schema, kept.schema, 'request', name);
    }),
    ...[...now]
      .filter(([name, { required }]) => required === true && old.get(name)?.required !== true)
      .map(([name]) => `${name} is required`),
  ];
}

function compareRequests(before: Resolve, after: Resolve, former: Operation, present: Operation): string[] {
  if (!present.requestBody) return former.requestBody ? ['the request body is gone'] : [];
  const now = after(present.requestBody);
  const old = former.requestBody ? before(former.requestBody) : {};
  const required = now.required === true && old.required !== true ? ['the request body is required'] : [];
  return [...required, ...compareContents(before, after, old, now, 'request', 'the request')];
}

function compareAnswers(before: Resolve, after: Resolve, former: Operation, present: Operation): string[] {
  return Object.entries(former.responses).flatMap(([status, response]) => {
    const now = present.responses[status];
    if (!now) return [`status ${status} is gone`];
    return compareContents(before, after, before(response), after(now), 'answer', `the answer ${status}`);
  });
}

function compareContents(
  before: Resolve,
  after: Resolve,
  { content: former = {} }: Body,
  { content: present = {} }: Body,
  direction: Direction,
  where: string,
): string[] {
  return Object.entries(former).flatMap(([type, { schema }]) => {
    const now = present[type];
    if (!now) return [`${where}: the media type ${type} is gone`];
    return compareSchemas(before, after, schema, now.schema, direction, `${where} (${type})`);
  });
}

function compareSchemas(
  before: Resolve,
  after: Resolve,
  formerPart: Schema | undefined,
  presentPart: Schema | undefined,
  direction: Direction,
  where: string,
  depth = 0,
): string[] {
  // A schema that contains itself.
  if (!formerPart || !presentPart || depth > 20) return [];
  const [former, present] = [before(formerPart), after(presentPart)];
  const next = (old: unknown, now: unknown, at: string): string[] =>
    compareSchemas(before, after, old as Schema | undefined, now as Schema | undefined, direction, at, depth + 1);
  const properties = (schema: Schema) => (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const kept = properties(present);
  return [
    ...compareTypes(former, present, direction, where),
    ...compareEnums(former, present, where),
    ...compareRequired(former, present, direction, where),
    ...Object.entries(properties(former)).flatMap(([name, schema]) =>
      name in kept ? next(schema, kept[name], `${where}.${name}`) : [`${where}.${name} is gone`],
    ),
    ...next(former['items'], present['items'], `${where}[]`),
    ...['oneOf', 'anyOf', 'allOf'].flatMap((way) => {
      const [old, now] = [former[way], present[way]] as (readonly Schema[] | undefined)[];
      return (old ?? []).flatMap((schema, index) => next(schema, now?.[index], `${where}.${way}[${index}]`));
    }),
  ];
}

function compareTypes(former: Schema, present: Schema, direction: Direction, where: string): string[] {
  const [old, now] = [typesOf(former), typesOf(present)];
  if (old.length === 0 || now.length === 0) return [];
  const covers = (types: readonly string[], type: string) =>
    types.includes(type) || (type === 'integer' && types.includes('number'));
  // A request must go on to accept each former type; an answer must not have one that was not announced.
  const [wanted, given] = direction === 'request' ? [old, now] : [now, old];
  return wanted.every((type) => covers(given, type))
    ? []
    : [`${where}: the type was ${old.join(' or ')}, and is ${now.join(' or ')}`];
}

const typesOf = ({ type }: Schema): readonly string[] =>
  type === undefined ? [] : ((Array.isArray(type) ? type : [type]) as readonly string[]);

function compareEnums({ enum: former }: Schema, { enum: present }: Schema, where: string): string[] {
  if (!Array.isArray(former) || !Array.isArray(present)) return [];
  return former
    .filter((value) => !present.includes(value))
    .map((value) => `${where}: the value ${JSON.stringify(value)} is gone`);
}

function compareRequired(former: Schema, present: Schema, direction: Direction, where: string): string[] {
  const list = ({ required }: Schema) => (required ?? []) as readonly string[];
  const [old, now] = [list(former), list(present)];
  return direction === 'request'
    ? now.filter((name) => !old.includes(name)).map((name) => `${where}.${name} is required`)
    : old.filter((name) => !now.includes(name)).map((name) => `${where}.${name} may be absent`);
}
