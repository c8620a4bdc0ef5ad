import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './npm.js';
import { packPackages, type PackedPackage } from './packPackages.js';
import { readManifest } from './workspaces.js';

export interface Release {
  readonly version: string;
  /** The folder that `npm ci --omit=dev` installs the hub in. */
  readonly folder: string;
  readonly packages: readonly PackedPackage[];
}

/** What a release takes over from the repository as it is. */
const taken = ['LICENSE', '.npmrc', '.env.example', 'deploy/systemd'];

/** What is in an installation, for scanners: a Software Bill of Materials, https://cyclonedx.org. */
const sbomFormat = 'cyclonedx';
const sbomFile = 'sbom.cdx.json';

/**
 * Writes a release into `target`/currents-VERSION, and replaces what was there: the packages, and a package.json and a
 * lockfile with which `npm ci --omit=dev` installs them with exactly the dependencies that the repository's own lockfile
 * names, and an SBOM of all that. Needs built packages. Asks no registry: what the lockfile names is not loaded here.
 */
export function writeRelease(root: string, target: string): Release {
  const { version, engines, description, license, overrides } = readManifest(root);
  const folder = join(target, `currents-${version}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packages = packPackages(root, { version, ...(engines && { engines }) }, join(folder, 'packages'));
  const dependencies = Object.fromEntries(
    packages.map(({ manifest, file }) => [manifest.name, `file:packages/${file}`]),
  );
  const manifest = { name: 'currents', version, private: true, description, license, engines, dependencies, overrides };
  writeJson(join(folder, 'package.json'), manifest);
  for (const path of taken) cpSync(join(root, path), join(folder, path), { recursive: true });
  writeJson(join(folder, 'package-lock.json'), firstLock(root, manifest));
  npm(['install', '--package-lock-only', '--ignore-scripts', '--offline'], folder);
  writeFileSync(
    join(folder, sbomFile),
    npm(['sbom', '--package-lock-only', '--omit=dev', `--sbom-format=${sbomFormat}`], folder),
  );
  writeFileSync(join(folder, 'README.md'), readme(version));
  return { version, folder, packages };
}

/**
 * The lockfile that npm starts from: every dependency in the version that the repository's lockfile has. npm adds the
 * packages of the release, and leaves out what they do not need.
 */
function firstLock(root: string, manifest: { readonly name: string; readonly version: string }) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly link?: boolean }>>;
  };
  const installed = Object.entries(lock.packages).filter(
    ([path, { link }]) => path.startsWith('node_modules/') && link !== true,
  );
  const { name, version } = manifest;
  return {
    name,
    version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': manifest, ...Object.fromEntries(installed) },
  };
}

const writeJson = (path: string, content: unknown): void =>
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);

const readme = (version: string): string => `# Currents ${version}

A packed release: built packages, the versions of what they depend on, and an SBOM (sbom.cdx.json, CycloneDX). Neither a
compiler nor a build is needed.

    npm ci --omit=dev
    node_modules/.bin/currents migrate
    node_modules/.bin/currents api
    node_modules/.bin/currents worker

All of them read their settings from the environment: \`.env.example\` lists the variables. \`deploy/systemd\` has units that run
them, and \`node_modules/.bin/currents --help\` lists the other commands.
`;
