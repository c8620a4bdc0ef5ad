import { curlOf } from './curl.js';
import {
  methods,
  type Header,
  type MediaType,
  type Method,
  type OpenApiDocument,
  type Operation,
  type Parameter,
  type Reference,
  type Response,
} from './types.js';

interface Listed {
  readonly method: Method;
  readonly path: string;
  readonly operation: Operation;
}

/**
 * The document as one HTML page. It has no scripts: it is on the origin of the console, where a script could act for a
 * signed-in admin.
 */
export function descriptionPage(document: OpenApiDocument): string {
  const { info, tags } = document;
  const operations = Object.entries(document.paths).flatMap(([path, each]) =>
    methods.flatMap((method): readonly Listed[] => {
      const operation = each[method];
      return operation ? [{ method, path, operation }] : [];
    }),
  );
  const groups = tags.map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)}: HTTP endpoints</title>
<link rel="stylesheet" href="docs.css">
</head>
<body>
<nav aria-label="Operations">
${groups
  .map(
    (group) =>
      `<h2><a href="#${group.name}">${group.name}</a></h2>\n<ul>${group.operations.map(linkTo).join('\n')}</ul>`,
  )
  .join('\n')}
</nav>
<main>
<h1>${escape(info.title)}: HTTP endpoints</h1>
<p>Version ${escape(info.version)}. The same <a href="openapi.json">as an OpenAPI document</a>.</p>
${markdown(info.description)}
${groups
  .map(
    (group) =>
      `<section><h2 id="${group.name}">${group.name}</h2>${markdown(group.description)}\n${group.operations
        .map((listed) => article(listed, document))
        .join('\n')}</section>`,
  )
  .join('\n')}
<section><h2 id="Errors">Errors</h2>
<p>The body of every error, except at <code>/partners/…</code>:</p>
${pre(document.components.schemas['Problem'])}</section>
</main>
</body>
</html>
`;
}

function linkTo({ method, path, operation }: Listed): string {
  return `<li><a href="#${operation.operationId}">${methodName(method)} ${escape(path)}</a></li>`;
}

function article(listed: Listed, document: OpenApiDocument): string {
  const { method, path, operation } = listed;
  const { parameters = [], requestBody } = operation;
  return [
    `<article id="${operation.operationId}">`,
    `<h3>${escape(operation.summary)}</h3>`,
    `<p class="path">${methodName(method)} <code>${escape(path)}</code></p>`,
    markdown(operation.description),
    `<p>${authentication(operation, document)}</p>`,
    parameters.length > 0 ? parameterTable(parameters) : '',
    requestBody ? `<h4>Body</h4>${markdown(requestBody.description)}${bodies(requestBody.content)}` : '',
    `<h4>Example</h4><pre tabindex="0">${escape(curlOf(path, method, operation))}</pre>`,
    '<h4>Answers</h4>',
    ...Object.entries(operation.responses).map(([status, response]) =>
      answer(status, resolve(response, document.components.responses), document),
    ),
    '</article>',
  ].join('\n');
}

function authentication({ security }: Operation, { components }: OpenApiDocument): string {
  const names = security.flatMap(Object.keys);
  if (names.length === 0) return 'Needs no header for authentication.';
  const described = names.map((name) => inline(components.securitySchemes[name]?.description ?? name));
  return `Authentication: ${described.join(' Or: ')}`;
}

function parameterTable(parameters: readonly Parameter[]): string {
  const rows = parameters.map(
    ({ name, in: place, required, description, example }) =>
      `<tr><td><code>${escape(name)}</code></td><td>${place}${required ? ', required' : ''}</td><td>${inline(description)} For example <code>${escape(String(example))}</code>.</td></tr>`,
  );
  return `<h4>Parameters</h4><table><tbody>${rows.join('\n')}</tbody></table>`;
}

function answer(status: string, response: Response, document: OpenApiDocument): string {
  const headers = Object.entries(response.headers ?? {}).map(([name, header]) => {
    const { description } = resolve<Header>(header, document.components.headers);
    return `<tr><td><code>${escape(name)}</code></td><td>${inline(description)}</td></tr>`;
  });
  return [
    `<details><summary>${status === 'default' ? 'Other' : status}</summary>`,
    markdown(response.description),
    `<table><tbody>${headers.join('\n')}</tbody></table>`,
    bodies(response.content ?? {}),
    '</details>',
  ].join('\n');
}

function bodies(content: Readonly<Record<string, MediaType>>): string {
  return Object.entries(content)
    .map(([type, { schema, examples }]) =>
      [
        `<h5><code>${escape(type)}</code></h5>`,
        ...Object.values(examples).map(({ value }) => pre(value)),
        `<details><summary>Schema</summary>${pre(schema)}</details>`,
      ].join('\n'),
    )
    .join('\n');
}

function resolve<Value extends object>(value: Value | Reference, from: Readonly<Record<string, Value>>): Value {
  if (!('$ref' in value)) return value;
  const found = from[value.$ref.split('/').pop() ?? ''];
  if (!found) throw new Error(`the description of the api refers to ${value.$ref}, which it lacks`);
  return found;
}

/** A block that scrolls can be reached by the keyboard. */
function pre(value: unknown): string {
  return `<pre tabindex="0">${escape(typeof value === 'string' ? value : JSON.stringify(value, null, 2))}</pre>`;
}

/** Paragraphs, lists and `code`: all that the descriptions use. */
function markdown(text: string): string {
  return text
    .split('\n\n')
    .map((block) => {
      if (!block.startsWith('- ')) return `<p>${inline(block)}</p>`;
      const items = block.split('\n').map((line) => `<li>${inline(line.slice('- '.length))}</li>`);
      return `<ul>${items.join('\n')}</ul>`;
    })
    .join('\n');
}

function inline(text: string): string {
  return escape(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

function methodName(method: Method): string {
  return method.toUpperCase();
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '');
}
