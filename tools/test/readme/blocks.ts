/** A fenced code block of Markdown. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The first line of the block, from 1. */
  readonly line: number;
}

export function blocksOf(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(({ 1: language = '', 2: text = '', index }) => ({
    language,
    text,
    line: markdown.slice(0, index).split('\n').length,
  }));
}

export interface Step {
  readonly language: 'graphql' | 'curl';
  readonly text: string;
  readonly line: number;
  /** The expected response, if the next block shows one. */
  readonly answer: Block | undefined;
}

const answers = new Set(['json', 'ndjson']);

/** The steps of a reader, from top to bottom: every GraphQL document and every request, with the response shown for it. */
export function stepsOf(blocks: readonly Block[]): readonly Step[] {
  return blocks.flatMap((block, index): readonly Step[] => {
    const { language, text, line } = block;
    const next = blocks[index + 1];
    const answer = next && answers.has(next.language) ? next : undefined;
    if (language === 'graphql') return [{ language, text, line, answer }];
    return language === 'sh' && text.startsWith('curl ') ? [{ language: 'curl', text, line, answer }] : [];
  });
}
