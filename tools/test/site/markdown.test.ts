import { expect, it } from 'vitest';
import { headingId, headingIds, linksOf, replaceTargets, titleOf } from '../../src/site/markdown.js';

const document = `# A *title* with \`code\`

See [one](a/b.md#part), [two](#below), [three](https://example.com/c.md) and ![four](d.webp "a title").
A \`[link](in/code.md)\` is none, but [\`code\`](in/link.md) is one.

\`\`\`md
# No heading
[no link](e.md)
\`\`\`

<picture><source srcset="f.webp" /><img src="g.webp" /></picture>

## Below
## Below
### With an id {#given}
`;

it('finds links and pictures, but none in code or to other sites', () => {
  expect(linksOf(document).map(({ target }) => target)).toEqual([
    'a/b.md#part',
    '#below',
    'd.webp',
    'in/link.md',
    'f.webp',
    'g.webp',
  ]);
  expect(linksOf(document)[0]).toEqual({ target: 'a/b.md#part', path: 'a/b.md', fragment: 'part' });
  expect(linksOf(document)[1]).toEqual({ target: '#below', path: '', fragment: 'below' });
});

it('replaces targets and nothing else', () => {
  expect(replaceTargets(document, ({ target }) => target)).toBe(document);
  const replaced = replaceTargets(document, () => 'X');
  expect(replaced).toContain('[one](X), [two](X), [three](https://example.com/c.md)');
  expect(replaced).toContain('`[link](in/code.md)` is none, but [`code`](X) is one');
  expect(replaced).toContain('[no link](e.md)');
});

it('knows the ids of headings as GitHub makes them', () => {
  expect(titleOf(document)).toBe('A title with code');
  expect([...headingIds(document)]).toEqual(['a-title-with-code', 'below', 'below-1', 'given']);
});

it.each([
  ['Roll back', 'roll-back'],
  ['`currents events find ID`', 'currents-events-find-id'],
  ['What, and why? (2.0)', 'what-and-why-20'],
  ['snake_case-and – dash', 'snake_case-and--dash'],
])('makes an id of %j', (heading, id) => {
  expect(headingIds(`# ${heading}`)).toEqual(new Set([id]));
  expect(headingId(heading.replaceAll('`', ''))).toBe(id);
});
