import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFlags } from '@currents/cli';
import { createMetrics, registerHubGauges } from '@currents/core';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { createIgnore, imageOf, imageUser, readDockerfile } from './dockerfile.js';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const stages = readDockerfile(read('Dockerfile'));
const variables = new Set([...read('.env.example').matchAll(/^# ([A-Z_]+)=/gm)].map(([, name = '']) => name));
const pairsOf = (text: string): string[] => [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name);

describe('the Dockerfile', () => {
  it.each(['api', 'worker'] as const)('starts the %s as start:%s does, and not as root', (name) => {
    const { command, environment, port, user } = imageOf(stages, name);
    expect(command).toEqual(['node', '--enable-source-maps', ...nodeFlags, `apps/${name}/dist/main.js`]);
    expect(environment[`${name.toUpperCase()}_PORT`]).toBe(`${port}`);
    expect(Object.keys(environment).filter((each) => each !== 'NODE_ENV' && !variables.has(each))).toEqual([]);
    expect(user).toBe(imageUser);
  });

  it('gets no secret, no test and nothing built from .dockerignore', () => {
    const isIgnored = createIgnore(read('.dockerignore'));
    const kept = ['package.json', 'apps/api/src/main.ts', 'packages/core/migrations/0000.sql', 'tools/package.json'];
    const left = [
      '.env',
      'hub.env',
      'tools/src/start.ts',
      'apps/api/dist/main.js',
      'packages/core/node_modules/a/b.js',
    ];
    expect(kept.filter(isIgnored)).toEqual([]);
    expect([...left, 'apps/api/test/a.test.ts', 'apps/api/.env'].filter((path) => !isIgnored(path))).toEqual([]);
  });
});

describe('compose.yaml', () => {
  const text = read('compose.yaml');
  const { services, networks, volumes } = parse(text, { merge: true }) as Record<string, Record<string, any>>;
  const example = pairsOf(read('deploy/compose/hub.env.example'));

  it('asks only for variables that hub.env.example has, or for which it has a default', () => {
    const asked = [...text.matchAll(/\$\{([A-Z_]+)(:-|:\?|\})/g)].filter(([, , end]) => end !== ':-');
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.map(([, name = '']) => name).filter((name) => !example.includes(name))).toEqual([]);
    const caddy = [...read('deploy/compose/Caddyfile').matchAll(/\{\$([A-Z_]+)\}/g)].map(([, name]) => name);
    expect(Object.keys(services?.['caddy'].environment)).toEqual(expect.arrayContaining(caddy));
  });

  it('gives api and workers only variables that they read', () => {
    const given = ['api', 'worker', 'migrate'].flatMap((name) => Object.keys(services?.[name].environment));
    // What only the proxy and Postgres read.
    const others = ['HUB_DOMAIN', 'ADMIN_NETWORKS', 'POSTGRES_PASSWORD'];
    expect([...given, ...example].filter((name) => !variables.has(name) && !others.includes(name))).toEqual([]);
  });

  it('names only services, stages, networks and volumes that exist', () => {
    const names = stages.map(({ name }) => name);
    for (const [name, service] of Object.entries<any>(services ?? {})) {
      expect(Object.keys(services ?? {}), name).toEqual(expect.arrayContaining(Object.keys(service.depends_on ?? {})));
      expect(Object.keys(networks ?? {}), name).toEqual(expect.arrayContaining(service.networks ?? []));
      if (service.build) expect(names).toContain(service.build.target);
      for (const volume of service.volumes ?? []) {
        const [source = ''] = String(volume).split(':');
        expect(source.startsWith('./') ? existsSync(join(root, source)) : source in (volumes ?? {}), volume).toBe(true);
      }
    }
  });

  it('waits for the health only of services that have a health check', () => {
    const checked = (name: string): boolean => 'healthcheck' in services?.[name] || 'build' in services?.[name];
    const awaited = Object.values<any>(services ?? {}).flatMap(({ depends_on: all = {} }) =>
      Object.entries<any>(all).flatMap(([name, { condition }]) => (condition === 'service_healthy' ? [name] : [])),
    );
    expect(awaited.length).toBeGreaterThan(3);
    expect(awaited.filter((name) => !checked(name))).toEqual([]);
  });
});

describe('the manifests for Kubernetes', () => {
  const folder = 'deploy/kubernetes';
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.yaml'),
  );
  const documents = files.flatMap((path) =>
    parseAllDocuments(read(join(folder, path))).map((document) => ({ path, content: document.toJS() })),
  );
  const kustomizations = documents.filter(({ path }) => path.endsWith('kustomization.yaml'));
  const objects = documents.map(({ content }) => content).filter(({ kind, metadata }) => kind && metadata);
  const named = (kind: string): string[] =>
    objects.filter((each) => each.kind === kind).map((each) => each.metadata.name);
  const pods = objects.filter(({ spec }) => spec?.template?.spec).map(({ metadata, spec }) => ({ metadata, ...spec }));

  it('are all listed in a kustomization, and no other file is', () => {
    const listed = kustomizations.flatMap(({ path, content }) =>
      [...(content.resources ?? []), ...(content.components ?? [])].map((name: string) => join(path, '..', name)),
    );
    const places = listed.map((name) => (name.endsWith('.yaml') ? name : join(name, 'kustomization.yaml')));
    expect(places.filter((path) => !files.includes(path))).toEqual([]);
    const resources = files.filter((path) => !/kustomization\.yaml$|values\.yaml$/.test(path));
    expect(resources.filter((path) => !listed.includes(path))).toEqual([]);
  });

  it('run nothing as root, with a writable file system or with capabilities', () => {
    expect(pods.map(({ metadata }) => metadata.name).sort()).toEqual([
      'currents-api',
      'currents-migrate',
      'currents-worker',
    ]);
    for (const { template } of pods) {
      expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
      for (const { securityContext } of template.spec.containers)
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
    }
  });

  it('give api and workers variables that they read', () => {
    const literals = kustomizations.flatMap(({ content }) =>
      (content.configMapGenerator ?? []).flatMap(({ literals: pairs }: { literals: string[] }) => pairs),
    );
    const secrets = pairsOf(read(join(folder, 'overlays/production/secrets.example.env')));
    const names = [...literals.map((pair: string) => pair.split('=')[0] ?? ''), ...secrets];
    expect(names.length).toBeGreaterThan(6);
    expect(names.filter((name) => !variables.has(name))).toEqual([]);
  });

  it('name only objects, labels and ports that exist', () => {
    const labels = pods.map(({ template }) => template.metadata.labels['app.kubernetes.io/name']);
    const text = files.map((path) => read(join(folder, path))).join('\n');
    const asked = [...text.matchAll(/app\.kubernetes\.io\/name: ([\w-]+)/g)].map(([, name]) => name);
    expect(asked.filter((name) => !labels.includes(name))).toEqual([]);
    for (const { spec } of objects.filter(({ kind }) => kind === 'Ingress'))
      for (const { backend } of spec.rules[0].http.paths) expect(named('Service')).toContain(backend.service.name);
    for (const { spec } of objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler'))
      expect(named('Deployment')).toContain(spec.scaleTargetRef.name);
    for (const { metadata, template } of pods.filter(({ metadata: { name } }) => name !== 'currents-migrate')) {
      const [container] = template.spec.containers;
      expect(container.ports).toEqual([{ name: 'http', containerPort: imageOf(stages, container.name).port }]);
      expect(metadata.name).toBe(`currents-${container.name}`);
    }
  });

  it('migrate with the image that the overlay rolls out', () => {
    const imagesOf = (name: string): readonly { readonly name: string }[] =>
      kustomizations.find(({ path }) => path === `overlays/${name}/kustomization.yaml`)?.content.images;
    expect(imagesOf('production')).toEqual(expect.arrayContaining([...imagesOf('production-migration')]));
    const { version } = JSON.parse(read('package.json')) as { readonly version: string };
    expect(imagesOf('production')).toEqual(
      ['currents-api', 'currents-worker'].map((name) => expect.objectContaining({ name, newTag: version })),
    );
  });

  it('scale by metrics that exist', () => {
    const { registry } = createMetrics();
    registerHubGauges(registry, { read: () => Promise.reject(new Error('nothing is scraped')) });
    const known = registry.getMetricsAsArray().map(({ name }) => name);
    const { rules } = parse(read(join(folder, 'autoscaling/prometheus-adapter.values.yaml')));
    const [rule] = rules.external;
    const metrics = String(rule.metricsQuery).match(/currents_\w+/g) ?? [];
    expect(metrics.length).toBeGreaterThan(1);
    expect([rule.seriesQuery, ...metrics].filter((name) => !known.includes(name))).toEqual([]);
    const [scaler] = objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
    expect(scaler.spec.metrics[0].external.metric.name).toBe(rule.name.as);
  });
});
