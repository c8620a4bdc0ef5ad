import type { Chooser } from './chooser.js';
import { randomText } from './text.js';

/** What the grammar needs of the introspection of a schema. */
export interface Introspection {
  readonly queryType: { readonly name: string };
  readonly mutationType: { readonly name: string };
  readonly types: readonly GraphType[];
}

interface GraphType {
  readonly kind: string;
  readonly name: string;
  readonly fields: readonly GraphField[] | null;
  readonly inputFields: readonly GraphInput[] | null;
  readonly isOneOf?: boolean | null;
  readonly enumValues: readonly { readonly name: string }[] | null;
  readonly possibleTypes: readonly { readonly name: string }[] | null;
}

interface GraphField {
  readonly name: string;
  readonly args: readonly GraphInput[];
  readonly type: TypeRef;
}

interface GraphInput {
  readonly name: string;
  readonly type: TypeRef;
}

interface TypeRef {
  readonly kind: string;
  readonly name: string | null;
  readonly ofType: TypeRef | null;
}

const typeRef = 'kind name ofType { kind name ofType { kind name ofType { kind name } } }';
const input = `name type { ${typeRef} }`;
export const introspectionQuery = `{ __schema { queryType { name } mutationType { name } types {
  kind name isOneOf fields { name args { ${input} } type { ${typeRef} } } inputFields { ${input} } enumValues { name } possibleTypes { name }
} } }`;

/** Of things that do not exist, so that no mutation hurts what the run relies on. */
const deadIds = [
  'cur_999999',
  'coh_999999',
  'seg_999999',
  'adm_999999',
  'ing_0',
  'cur_',
  'x',
  '',
  '\0',
  'cur_99999999999999999999',
];
/** Of things that may exist: for queries only. */
const liveIds = ['cur_1', 'coh_1', 'seg_1', 'qua_20260101_1', ...deadIds];
/** They act on everything when no filter is given, and that is theirs to do. */
const sweeping = /^(purge|release|replay|revoke|delete|rotate)/;

/** Documents for one schema: well-formed, mostly valid, and of every field that it has. */
export function createDocumentGrammar({ queryType, mutationType, types }: Introspection) {
  const byName = new Map(types.map((type) => [type.name, type]));

  function document(choose: Chooser): string {
    const isMutation = choose.chance(0.25);
    const root = byName.get(isMutation ? mutationType.name : queryType.name);
    const fields = root?.fields ?? [];
    const ids = isMutation ? deadIds : liveIds;
    const allowed = isMutation ? fields.filter(({ name }) => !sweeping.test(name) || choose.chance(0.3)) : fields;
    const chosen = Array.from({ length: 1 + choose.below(isMutation ? 1 : 4) }, (_, index) => {
      const field = choose.pick(allowed);
      return `f${index}: ${fieldText(choose, field, ids, 4)}`;
    });
    return `${isMutation ? 'mutation' : 'query'} { ${chosen.join(' ')} }`;
  }

  function fieldText(choose: Chooser, { name, args, type }: GraphField, ids: readonly string[], depth: number): string {
    const given = args
      .filter((arg) => arg.type.kind === 'NON_NULL' || choose.chance(0.4))
      .map((arg) => `${arg.name}: ${valueText(choose, arg.type, ids, 4)}`);
    return `${name}${given.length > 0 ? `(${given.join(', ')})` : ''} ${selection(choose, named(type), ids, depth)}`;
  }

  function selection(choose: Chooser, typeName: string, ids: readonly string[], depth: number): string {
    const type = byName.get(typeName);
    if (type?.fields && type.kind === 'OBJECT') {
      const fields = type.fields.filter((field) => depth > 0 || !isComposite(field.type));
      const chosen = Array.from({ length: 1 + choose.below(5) }, () => choose.pick(fields)).filter(Boolean);
      const seen = new Set<string>();
      const texts = chosen
        .filter(({ name }) => !seen.has(name) && seen.add(name))
        .map((field) => fieldText(choose, field, ids, depth - 1));
      return `{ __typename ${texts.join(' ')} }`;
    }
    if (!type?.possibleTypes) return '';
    const members = type.possibleTypes.filter(() => choose.chance(0.5));
    const parts = members.map(({ name }) => `... on ${name} ${selection(choose, name, ids, Math.min(depth, 1))}`);
    return `{ __typename ${depth > 0 ? parts.slice(0, 1).join(' ') : ''} }`;
  }

  function isComposite(type: TypeRef): boolean {
    return ['OBJECT', 'INTERFACE', 'UNION'].includes(byName.get(named(type))?.kind ?? '');
  }

  function valueText(choose: Chooser, type: TypeRef, ids: readonly string[], depth: number): string {
    if (choose.chance(0.01)) return choose.pick(['null', '1', '1.5', '"x"', '[]', '{}', 'WHAT', '$nothing']);
    if (type.kind === 'NON_NULL') return valueText(choose, type.ofType as TypeRef, ids, depth);
    if (type.kind === 'LIST')
      return `[${choose.some(3, () => valueText(choose, type.ofType as TypeRef, ids, depth - 1)).join(', ')}]`;
    const definition = byName.get(type.name ?? '');
    if (definition?.enumValues) return choose.pick(definition.enumValues).name;
    if (definition?.inputFields) {
      if (depth <= 0) return '{}';
      const { inputFields, isOneOf } = definition;
      const chosen = isOneOf
        ? [choose.pick(inputFields)]
        : inputFields.filter((field) => field.type.kind === 'NON_NULL' || choose.chance(0.3));
      const pairs = chosen.map((field) => `${field.name}: ${valueText(choose, field.type, ids, depth - 1)}`);
      return `{ ${pairs.join(', ')} }`;
    }
    return scalarText(choose, type.name ?? '', ids);
  }

  return { document };
}

/** What fields of the API take. */
const words = [
  'mixpanel',
  'amplitude',
  'braze',
  'users.messages.email.Open',
  'https://example.com/hook',
  'ops@example.com',
];

function scalarText(choose: Chooser, name: string, ids: readonly string[]): string {
  switch (name) {
    case 'Int':
    case 'Float':
      return choose.pick(['0', '1', '2', '50', '200', '201', '-1', '2147483647']);
    case 'Boolean':
      return choose.pick(['true', 'false']);
    case 'ID':
      return JSON.stringify(choose.pick(ids));
    case 'DateTime':
      return choose.pick([
        '"2026-01-01T00:00:00Z"',
        '"0001-01-01T00:00:00Z"',
        '"+275760-09-13T00:00:00Z"',
        '"yesterday"',
        '1',
      ]);
    case 'String':
      return JSON.stringify(choose.chance(0.4) ? choose.pick(words) : randomText(choose));
    default:
      return choose.pick(['{}', '{ region: "us" }', '[]', '1', '"mixpanel"']);
  }
}

function named(type: TypeRef): string {
  return type.ofType ? named(type.ofType) : (type.name ?? '');
}

/** Documents that try the limits of a server: depth, width, fragments that meet themselves, many aliases and directives. */
export function awkwardDocument(choose: Chooser): string {
  const count = 1 + choose.below(3_000);
  switch (choose.below(8)) {
    case 0:
      return '{ currents { nodes '.repeat(Math.min(count, 500)) + '{ id }' + ' } }'.repeat(Math.min(count, 500));
    case 1:
      return `{ ${Array.from({ length: Math.min(count, 900) }, (_, index) => `a${index}: __typename`).join(' ')} }`;
    case 2:
      return '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }';
    case 3:
      return `{ __typename ${'@include(if: true) '.repeat(count)} }`;
    case 4:
      return `query (${Array.from({ length: Math.min(count, 500) }, (_, index) => `$v${index}: Int`).join(', ')}) { __typename }`;
    case 5:
      return `{ segment(id: ${'['.repeat(count)}"x"${']'.repeat(count)}) { __typename } }`;
    case 6:
      return '{ __schema { types { fields { type { fields { type { name } } } } } } }';
    default:
      return `{ ${randomText(choose)} }`;
  }
}
