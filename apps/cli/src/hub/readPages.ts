import type { Hub, Variables } from './hub.js';

/** A page of a connection. */
export interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export interface Pages<Node> {
  readonly nodes: readonly Node[];
  /** Whether the list goes on after the limit. */
  readonly hasMore: boolean;
}

/** The api allows 200, but what a page of events reads is dear. */
const pageSize = 50;

interface PageReading<Node> {
  /** Called with each page, for what it has beside its nodes. */
  readonly onPage?: (page: Page<Node>) => void;
  /** The page in an answer. Default: the only field. */
  readonly pageIn?: (answer: Readonly<Record<string, unknown>>) => Page<Node> | undefined;
}

/** Up to `limit` nodes of the connection that a document reads page by page. */
export async function readPages<Node>(
  hub: Hub,
  document: string,
  variables: Variables,
  limit: number,
  {
    onPage = () => undefined,
    pageIn = (answer) => Object.values(answer)[0] as Page<Node> | undefined,
  }: PageReading<Node> = {},
): Promise<Pages<Node>> {
  const nodes: Node[] = [];
  let after: string | null = null;
  for (;;) {
    const first = Math.min(pageSize, limit - nodes.length);
    const page = pageIn(await hub.ask<Readonly<Record<string, unknown>>>(document, { ...variables, first, after }));
    if (!page) return { nodes, hasMore: false };
    onPage(page);
    nodes.push(...page.nodes);
    after = page.pageInfo.endCursor;
    const hasMore = page.pageInfo.hasNextPage && after !== null;
    if (!hasMore || nodes.length >= limit) return { nodes, hasMore };
  }
}
