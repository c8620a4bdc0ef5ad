import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const toy = 'packages/connector/test/toy/';
const page = readFileSync(new URL('docs/connectors/write-a-connector.md', root), 'utf8');
const shown = new Map(
  [...page.matchAll(/^`(packages\/[^`]+)`\n\n```\w+\n(.*?)^```$/gms)].map(([, path, code]) => [path, code]),
);

const files = readdirSync(new URL(toy, root), { recursive: true, encoding: 'utf8' })
  .filter((path) => statSync(new URL(toy + path, root)).isFile())
  .map((path) => toy + path);

describe('docs/connectors/write-a-connector.md', () => {
  it('shows every file of the example connector', () => {
    expect([...shown.keys()].toSorted()).toStrictEqual(files.toSorted());
  });

  it.each(files)('shows %s as it is', (file) => {
    expect(shown.get(file)).toBe(readFileSync(new URL(file, root), 'utf8'));
  });

  it('needs at most 150 lines, including test and example', () => {
    const lines = [...shown.values()].reduce((sum, code = '') => sum + code.trimEnd().split('\n').length, 0);
    expect(lines).toBeGreaterThan(50);
    expect(lines).toBeLessThanOrEqual(150);
  });

  it('links only to existing files', () => {
    const links = [...page.matchAll(/\]\((\.[^)]+)\)/g)].map(([, link = '']) => link);
    expect(links).not.toStrictEqual([]);
    for (const link of links) expect(existsSync(new URL(`docs/connectors/${link}`, root)), link).toBe(true);
  });
});
