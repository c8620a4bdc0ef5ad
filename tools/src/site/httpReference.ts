import { escapeCell, escapeText } from './escape.js';
import type { GeneratedPage } from './generatedPage.js';

/** The parts of an OpenAPI 3.1 document that the page shows. */
export interface ShownApi {
  readonly info: { readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly responses?: Readonly<Record<string, Answer>>;
    readonly headers?: Readonly<Record<string, Described>>;
    readonly securitySchemes?: Readonly<Record<string, Described>>;
  };
}

interface Described {
  readonly description: string;
}
interface Reference {
  readonly $ref: string;
}
interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly (Described & {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  })[];
  readonly requestBody?: Described & { readonly content: Contents };
  readonly responses: Readonly<Record<string, Answer | Reference>>;
}
interface Answer extends Described {
  readonly headers?: Readonly<Record<string, Described | Reference>>;
  readonly content?: Contents;
}
type Contents = Readonly<
  Record<
    string,
    { readonly schema: unknown; readonly examples?: Readonly<Record<string, { readonly value: unknown }>> }
  >
>;

/** One page about every HTTP endpoint, made of the api's OpenAPI description. */
export function httpReference(api: ShownApi): GeneratedPage {
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  const sections = api.tags.flatMap((tag) => [
    `## ${tag.name}`,
    escapeText(tag.description),
    ...operations
      .filter(({ operation }) => operation.tags.includes(tag.name))
      .map(({ name, operation }) => describeOperation(name, operation, api)),
  ]);
  const about = 'The hub serves the same at `/docs`, and as an OpenAPI 3.1 document at `/openapi.json`.';
  return {
    path: 'reference/http.md',
    title: 'HTTP endpoints',
    text: [escapeText(api.info.description), about, ...sections].join('\n\n'),
  };
}

function describeOperation(name: string, operation: Operation, api: ShownApi): string {
  const { parameters = [], requestBody } = operation;
  const schemes = operation.security.flatMap((each) => Object.keys(each));
  const keys = schemes.map((scheme) => api.components.securitySchemes?.[scheme]?.description ?? scheme);
  return [
    `### ${operation.summary} {#${operation.operationId}}`,
    `\`${name}\``,
    escapeText(operation.description),
    keys.length === 0 ? 'Needs no authentication.' : `Needs: ${escapeText(keys.join(' Or: '))}`,
    ...(parameters.length === 0
      ? []
      : [
          rows(
            ['parameter', 'in', ''],
            parameters.map(({ name: parameter, in: where, required, description }) => [
              `\`${parameter}\``,
              `${where}${required === true ? ', required' : ''}`,
              escapeCell(description),
            ]),
          ),
        ]),
    ...(requestBody ? [`Body: ${escapeText(requestBody.description)}`, ...describeContents(requestBody.content)] : []),
    rows(
      ['answer', '', 'headers'],
      Object.entries(operation.responses).map(([status, response]) => {
        const { description, headers = {} } = resolve(response, api.components.responses);
        const names = Object.keys(headers).map((header) => `\`${header}\``);
        return [status === 'default' ? 'other' : status, escapeCell(description), names.join(', ')];
      }),
    ),
    ...Object.entries(operation.responses)
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([, response]) => describeContents(resolve(response, api.components.responses).content ?? {})),
  ].join('\n\n');
}

/** The first example of each media type, with the schema behind a fold. */
function describeContents(contents: Contents): readonly string[] {
  return Object.entries(contents).flatMap(([type, { schema, examples = {} }]) => {
    const [example] = Object.values(examples);
    return [
      ...(example === undefined ? [] : [codeBlock(type, example.value)]),
      `::: details Schema of \`${type}\`\n${codeBlock(undefined, schema)}\n:::`,
    ];
  });
}

function codeBlock(title: string | undefined, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const block = `\`\`\`${typeof value === 'string' ? 'txt' : 'json'}\n${text}\n\`\`\``;
  return title === undefined ? block : `\`${title}\`, for example:\n\n${block}`;
}

function resolve(value: Answer | Reference, from: Readonly<Record<string, Answer>> = {}): Answer {
  if (!('$ref' in value)) return value;
  const found = from[value.$ref.split('/').pop() ?? ''];
  if (!found) throw new Error(`expected a part of the description, got ${value.$ref}`);
  return found;
}

function rows(titles: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [row(titles), row(titles.map(() => '---')), ...lines.map(row)].join('\n');
}
