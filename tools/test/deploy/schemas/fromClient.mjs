/*
 * Makes kubernetes.json anew: node fromClient.mjs FOLDER, where FOLDER is the unpacked npm package @kubernetes/client-node.
 * Kubernetes generates its models from its own OpenAPI document: from each come its members, their types, and which of
 * them are required. `status` is left out, because no manifest has one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL, URL } from 'node:url';

/** The models of the kinds that deploy/kubernetes uses. */
const kinds = {
  'apps/v1/Deployment': 'V1Deployment',
  'autoscaling/v2/HorizontalPodAutoscaler': 'V2HorizontalPodAutoscaler',
  'batch/v1/Job': 'V1Job',
  'networking.k8s.io/v1/Ingress': 'V1Ingress',
  'networking.k8s.io/v1/NetworkPolicy': 'V1NetworkPolicy',
  'policy/v1/PodDisruptionBudget': 'V1PodDisruptionBudget',
  'v1/Service': 'V1Service',
  'v1/ServiceAccount': 'V1ServiceAccount',
};

const folder = process.argv[2];
const models = join(folder, 'dist/gen/models');
const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const definitions = {};
const wanted = Object.values(kinds);
for (let model = wanted.shift(); model !== undefined; model = wanted.shift())
  if (!(model in definitions)) definitions[model] = await schemaOf(model);

const [, release] = /OpenAPI spec version: (\S+)/.exec(readFileSync(join(models, 'V1Deployment.d.ts'), 'utf8'));
const schema = {
  $comment: `Derived by fromClient.mjs from ${name} ${version} (${license}), which Kubernetes generates from its OpenAPI document of ${release}.`,
  kinds: Object.fromEntries(Object.entries(kinds).map(([kind, model]) => [kind, { $ref: `#/definitions/${model}` }])),
  definitions: Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1))),
};
writeFileSync(fileURLToPath(new URL('kubernetes.json', import.meta.url)), `${JSON.stringify(schema)}\n`);

async function schemaOf(model) {
  const { [model]: type } = await import(pathToFileURL(join(models, `${model}.js`)).href);
  const declaration = readFileSync(join(models, `${model}.d.ts`), 'utf8');
  const members = type.attributeTypeMap.filter(({ baseName }) => baseName !== 'status');
  const required = members.filter(({ name: member }) => declaration.includes(`\n    '${member}': `));
  return {
    type: 'object',
    additionalProperties: false,
    ...(required.length > 0 && { required: required.map(({ baseName }) => baseName) }),
    properties: Object.fromEntries(members.map(({ baseName, type: text, format }) => [baseName, typeOf(text, format)])),
  };
}

function typeOf(text, format) {
  const [, item] = /^Array<(.*)>$/.exec(text) ?? [];
  if (item !== undefined) return { type: 'array', items: typeOf(item, format) };
  const [, value] = /^\{ \[key: string\]: (.*); \}$/.exec(text) ?? [];
  if (value !== undefined) return { type: 'object', additionalProperties: typeOf(value, format) };
  if (text === 'number') return { type: /^int/.test(format) ? 'integer' : 'number' };
  if (text === 'IntOrString') return { type: ['integer', 'string'] };
  if (text === 'Date' || text === 'V1MicroTime') return { type: 'string' };
  if (text === 'any' || text === 'object') return {};
  if (text === 'string' || text === 'boolean') return { type: text };
  wanted.push(text);
  return { $ref: `#/definitions/${text}` };
}
