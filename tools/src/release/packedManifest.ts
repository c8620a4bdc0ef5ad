import type { Manifest } from './workspaces.js';

/** The condition under which tools and tests of this repository read TypeScript, which a packed package does not have. */
const sourceCondition = '@currents/source';

/**
 * The package.json of a packed package: what an installation reads, and nothing of the development. Packages of the same
 * release ask for one another in exactly its version, so that npm never looks for them in a registry once they are
 * installed together.
 */
export function packedManifest(manifest: Manifest, shared: Pick<Manifest, 'version' | 'engines'>): Manifest {
  const { name, description, license, type, bin, exports, files } = manifest;
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = manifest;
  const { version, engines } = shared;
  return withoutAbsent({
    name,
    version,
    description,
    license,
    type,
    engines,
    bin,
    exports: exports && withoutSources(exports),
    files,
    dependencies: dependencies && pinned(dependencies, version),
    optionalDependencies,
    peerDependencies: peerDependencies && pinned(peerDependencies, version),
    peerDependenciesMeta,
  }) as unknown as Manifest;
}

function withoutSources(exports: NonNullable<Manifest['exports']>): NonNullable<Manifest['exports']> {
  const targetOf = (target: Readonly<Record<string, string>> | string) =>
    typeof target === 'string'
      ? target
      : Object.fromEntries(Object.entries(target).filter(([condition]) => condition !== sourceCondition));
  return Object.fromEntries(Object.entries(exports).map(([path, target]) => [path, targetOf(target)]));
}

const pinned = (dependencies: Readonly<Record<string, string>>, version: string) =>
  Object.fromEntries(
    Object.entries(dependencies).map(([name, range]) => [name, name.startsWith('@currents/') ? version : range]),
  );

const withoutAbsent = (members: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
