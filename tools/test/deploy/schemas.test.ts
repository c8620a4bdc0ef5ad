import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

/** schemas/README.md names the versions and sources of the schemas. */

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const schemaOf = (name: string): any => JSON.parse(read(`tools/test/deploy/schemas/${name}.json`));

/** Their formats, such as `duration`, are their own; a keyword that ajv does not know is an annotation. */
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });

/** What a schema refuses, as `/path message: detail`. */
function refusals(validate: ValidateFunction | undefined, content: unknown): readonly string[] {
  if (validate === undefined) return ['expected a schema, got none'];
  if (validate(content)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message}: ${JSON.stringify(params)}`,
  );
}

describe('compose.yaml', () => {
  let validate: ValidateFunction;
  beforeAll(() => {
    const { $schema: _, ...schema } = schemaOf('compose');
    validate = ajv.compile(schema);
  });
  const compose = (): any => parse(read('compose.yaml'), { merge: true });

  it('agrees with the Compose Specification', () => {
    expect(Object.keys(compose().services)).toEqual(expect.arrayContaining(['api', 'worker', 'postgres', 'caddy']));
    expect(refusals(validate, compose())).toEqual([]);
  });

  it.each<[string, (content: any) => void]>([
    ['an unknown member of a service', ({ services }) => (services.api.restarts = 'always')],
    ['a wrong type', ({ services }) => (services.worker.read_only = { value: 1 })],
    ['an unknown member of a health check', ({ services }) => (services.redis.healthcheck.every = '5s')],
    ['an unknown member of the file', (content) => (content.service = {})],
  ])('would be refused with %s', (_, spoil) => {
    const content = compose();
    spoil(content);
    expect(refusals(validate, content)).not.toEqual([]);
  });
});

describe('the manifests for Kubernetes', () => {
  const folder = 'deploy/kubernetes';
  const documents = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml'))
    .flatMap((path) => parseAllDocuments(read(join(folder, path))).map((each) => ({ path, content: each.toJS() })))
    // Those of kustomize are instructions and not objects, and the values are those of a chart.
    .filter(({ content }) => content?.kind !== undefined && !String(content.apiVersion).startsWith('kustomize'));
  const validators = new Map<string, ValidateFunction>();
  beforeAll(() => {
    const { kinds, definitions, $comment } = schemaOf('kubernetes');
    ajv.addSchema({ $id: 'kubernetes.json', $comment, definitions });
    for (const [kind, { $ref }] of Object.entries<any>(kinds))
      validators.set(kind, ajv.compile({ $ref: `kubernetes.json${$ref}` }));
    validators.set('monitoring.coreos.com/v1/ServiceMonitor', ajv.compile(schemaOf('serviceMonitor')));
  });
  const refusalsOf = (content: any) => refusals(validators.get(`${content.apiVersion}/${content.kind}`), content);

  it('agree with the schemas of their kinds, each of which is used', () => {
    expect(documents.map(({ path, content }) => [path, content.kind, ...refusalsOf(content)])).toEqual(
      documents.map(({ path, content }) => [path, content.kind]),
    );
    const used = documents.map(({ content }) => `${content.apiVersion}/${content.kind}`);
    expect([...new Set(used)].sort()).toEqual([...validators.keys()].sort());
  });

  const find = (kind: string): any => structuredClone(documents.find(({ content }) => content.kind === kind)?.content);
  it.each<[string, string, (content: any) => void]>([
    ['Deployment', 'an unknown member of a container', ({ spec }) => (spec.template.spec.containers[0].port = 1)],
    ['Deployment', 'a misspelt probe', ({ spec }) => (spec.template.spec.containers[0].readynessProbe = {})],
    ['Deployment', 'no selector', ({ spec }) => delete spec.selector],
    ['Deployment', 'a text as a number', ({ spec }) => (spec.template.spec.terminationGracePeriodSeconds = '60')],
    ['Job', 'a wrong place', ({ spec }) => (spec.restartPolicy = 'Never')],
    ['NetworkPolicy', 'an unknown member', ({ spec }) => (spec.ingres = [])],
    ['HorizontalPodAutoscaler', 'a metric without its type', ({ spec }) => delete spec.metrics[0].type],
    ['PodDisruptionBudget', 'a list as a number', ({ spec }) => (spec.minAvailable = [1])],
    ['Ingress', 'a path without its type', ({ spec }) => delete spec.rules[0].http.paths[0].pathType],
    ['Service', 'a port without its number', ({ spec }) => delete spec.ports[0].port],
    ['ServiceAccount', 'an unknown member', (content) => (content.spec = {})],
    ['ServiceMonitor', 'an unknown member of an endpoint', ({ spec }) => (spec.endpoints[0].every = '30s')],
  ])('would be refused: %s with %s', (kind, _, spoil) => {
    const content = find(kind);
    expect(refusalsOf(content)).toEqual([]);
    spoil(content);
    expect(refusalsOf(content)).not.toEqual([]);
  });
});
