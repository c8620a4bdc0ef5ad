import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keptFolder, lastKeptVersion } from '../../src/release/keptReleases.js';
import { readVersionPlans } from '../../src/release/versionPlans.js';
import { releasedWorkspaces } from '../../src/release/workspaces.js';

const root = join(import.meta.dirname, '../../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
const plans = readVersionPlans(root);
/** Variables of an nx that runs these tests lead another one astray. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NX_|npm_)/.test(name)));

/** The version that follows by Semantic Versioning; before 1.0.0, a break makes a minor version and all else a patch. */
function nextVersion(): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const has = (bump: string): boolean => plans.some((plan) => plan.bump === bump);
  const [breaks, adds] = major > 0 ? [has('major'), has('minor')] : [false, has('major')];
  if (breaks) return `${major + 1}.0.0`;
  return adds ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

it('all packages have one version, and the changelog begins with it', () => {
  const manifests = [...releasedWorkspaces(root).map(({ folder }) => folder), join(root, 'tools')].map(
    (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string },
  );
  expect(manifests.length).toBeGreaterThan(8);
  for (const manifest of manifests) expect(manifest.version, manifest.name).toBe(version);
  expect(/^## (\S+) \(\d{4}-\d\d-\d\d\)$/m.exec(changelog)?.[1]).toBe(version);
});

it('the programs and a database of the released version are kept', () => {
  expect(lastKeptVersion()).toBe(version);
  expect(existsSync(join(keptFolder, `${version}.json`))).toBe(true);
});

it('the headings of the changelog are words, also of what breaks', async () => {
  const { default: Renderer } = (await import(join(root, 'tools/changelogRenderer.mjs'))) as {
    readonly default: new (config: object) => { render(): Promise<string> };
  };
  const change = { scope: '', body: '', affectedProjects: '*', githubReferences: [] };
  const renderer = new Renderer({
    changes: [
      { ...change, type: 'feat', description: 'Adds 🎉.', isBreaking: false },
      { ...change, type: 'fix', description: 'Repairs.', isBreaking: false },
      { ...change, type: 'feat', description: 'Breaks.', isBreaking: true },
    ],
    changelogEntryVersion: '0.2.0',
    project: null,
    isVersionPlans: true,
    changelogRenderOptions: {},
    conventionalCommitsConfig: {
      types: { feat: { changelog: { title: '🚀 Features' } }, fix: { changelog: { title: '🩹 Fixes' } } },
    },
    remoteReleaseClient: { getRemoteRepoData: () => undefined },
  });
  expect(await renderer.render()).toBe(
    '## 0.2.0\n\n### Features\n\n- Adds 🎉.\n\n### Fixes\n\n- Repairs.\n\n### Breaking Changes\n\n- Breaks.',
  );
});

it.runIf(plans.length > 0)(
  'nx release makes the next version of the version plans, and a line of each in the changelog',
  () => {
    const written = () =>
      ['CHANGELOG.md', 'package.json', 'package-lock.json'].map((path) => readFileSync(join(root, path), 'utf8'));
    const before = written();
    const words = ['node_modules/nx/dist/bin/nx.js', 'release', '--dry-run', '--skip-publish'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      cwd: root,
      env: environment,
      encoding: 'utf8',
    });
    expect(status, `${stdout}${stderr}`).toBe(0);
    expect(stdout).toContain(`Previewing an entry in CHANGELOG.md for v${nextVersion()}`);
    for (const { message } of plans) expect(stdout).toContain(`+ - ${message.split('\n')[0]}`);
    const headings = stdout.match(/^\+ #+ .*$/gm) ?? [];
    expect(headings.length).toBeGreaterThan(1);
    expect(headings.filter((heading) => !/^\+ #+ [\w .()-]+$/.test(heading))).toEqual([]);
    expect(stdout.match(/^\+ +"version": "(.+)",$/gm)).toHaveLength(releasedWorkspaces(root).length + 2);
    expect(written()).toEqual(before);
  },
  120_000,
);
