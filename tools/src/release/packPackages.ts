import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npm } from './npm.js';
import { packedManifest } from './packedManifest.js';
import { releasedWorkspaces, type Manifest, type Workspace } from './workspaces.js';

export interface PackedPackage {
  readonly manifest: Manifest;
  /** The name of its file. */
  readonly file: string;
  /** Paths within the package. */
  readonly contents: readonly string[];
}

/** What `npm pack --json` prints of a package. */
interface Listing {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/**
 * Packs every package of a release into a folder: the files that its package.json lists, the licence, and a package.json
 * for those who install it. The same files make the same bytes. Throws when a package is not built.
 */
export function packPackages(
  root: string,
  shared: Pick<Manifest, 'version' | 'engines'>,
  target: string,
  workspaces = releasedWorkspaces(root),
): readonly PackedPackage[] {
  const stage = mkdtempSync(join(tmpdir(), 'currents-pack-'));
  try {
    const staged = workspaces.map((workspace, index) => {
      const folder = join(stage, `${index}`);
      const manifest = packedManifest(workspace.manifest, shared);
      stagePackage(workspace, manifest, folder, root);
      return { folder, manifest };
    });
    mkdirSync(target, { recursive: true });
    const folders = staged.map(({ folder }) => folder);
    const words = ['pack', ...folders, '--json', '--ignore-scripts', `--pack-destination=${target}`];
    const listings = JSON.parse(npm(words, stage)) as Listing[];
    return staged.map(({ manifest }) => {
      const listing = listings.find(({ name }) => name === manifest.name);
      return { manifest, file: listing?.filename ?? '', contents: listing?.files.map(({ path }) => path) ?? [] };
    });
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** Copies what `files` of the package.json names; npm itself leaves out what that excludes with an exclamation mark. */
function stagePackage({ folder }: Workspace, manifest: Manifest, target: string, root: string): void {
  if (!existsSync(join(folder, 'dist')))
    throw new Error(`expected built files in ${join(folder, 'dist')}, got none: run npm run build first`);
  if (manifest.files === undefined)
    throw new Error(`expected a list "files" in ${join(folder, 'package.json')}, got none`);
  const listed = manifest.files.filter((path) => !path.startsWith('!'));
  for (const path of [...listed, 'README.md'].filter((each) => existsSync(join(folder, each))))
    cpSync(join(folder, path), join(target, path), { recursive: true });
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}
