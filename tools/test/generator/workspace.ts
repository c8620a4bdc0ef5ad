import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { runNode, type Ended } from '../operations/programs.js';

const root = join(import.meta.dirname, '../../..');
/** Another test has folders of its own in `tools/dist`, which come and go meanwhile. */
const notCopied =
  /^(\.git|\.nx|\.data|\.reports|((packages|apps)\/[^/]+|tools)\/(test|node_modules)|node_modules|tools\/dist\/elsewhere-.*)$/;

/** A copy of this workspace without tests, with the build output of the original, in a temporary folder. */
export interface Workspace {
  readonly folder: string;
  /** Links the package in this folder into node_modules, as `npm install` does. */
  link(folder: string): void;
  nx(...words: readonly string[]): Promise<Ended>;
  remove(): void;
}

export function copyWorkspace(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'currents-workspace-'));
  for (const entry of readdirSync(root)) {
    const filter = (path: string): boolean => !notCopied.test(relative(root, path));
    cpSync(join(root, entry), join(folder, entry), { recursive: true, preserveTimestamps: true, filter });
  }
  const modules = join(root, 'node_modules');
  mkdirSync(join(folder, 'node_modules/@currents'), { recursive: true });
  for (const entry of readdirSync(modules)) {
    if (entry !== '@currents' && entry !== '.cache')
      symlinkSync(join(modules, entry), join(folder, 'node_modules', entry));
  }
  const link = (path: string): void =>
    symlinkSync(join(folder, path), join(folder, 'node_modules/@currents', path.split('/').at(-1) ?? path));
  for (const parent of ['packages', 'apps'])
    for (const name of readdirSync(join(folder, parent))) link(`${parent}/${name}`);
  link('tools');
  return {
    folder,
    link,
    nx: (...words) => runNode(['node_modules/nx/dist/bin/nx.js', ...words], { CI: 'true', NO_COLOR: '1' }, folder),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
