import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What a change means for those who use a release, by Semantic Versioning. Before 1.0.0, nx makes a minor version of `major`. */
export type Bump = 'major' | 'minor' | 'patch';

export interface VersionPlan {
  readonly file: string;
  readonly bump: Bump;
  /** The line of the changelog. */
  readonly message: string;
}

const bumps: readonly string[] = ['major', 'minor', 'patch'] satisfies readonly Bump[];

/** The version plans of changes that are not released yet. Throws for a plan that nx could not use either. */
export function readVersionPlans(root: string): readonly VersionPlan[] {
  const folder = join(root, '.nx/version-plans');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => parsePlan(file, readFileSync(join(folder, file), 'utf8')));
}

export function parsePlan(file: string, text: string): VersionPlan {
  const [, head = '', message = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(text) ?? [];
  const { hub: bump } = (parse(head) ?? {}) as { readonly hub?: string };
  if (bump === undefined || !bumps.includes(bump))
    throw new Error(
      `${file}: expected "hub: ${bumps.join(' | ')}" between two lines "---", got ${JSON.stringify(head)}`,
    );
  if (message.trim() === '') throw new Error(`${file}: expected a line for the changelog, got none`);
  return { file, bump: bump as Bump, message: message.trim() };
}
