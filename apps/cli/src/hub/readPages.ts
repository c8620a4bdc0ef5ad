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

/**
 * Up to `limit` nodes of the connection that is the only field of the document.
 * @param onPage called with each page, for what it has beside its nodes.
 */
export async function readPages<Node>(
  hub: Hub,
  document: string,
  variables: Variables,
  limit: number,
  onPage: (page: Page<Node>) => void = () => undefined,
): Promise<Pages<Node>> {
  const nodes: Node[] = [];
  let after: string | null = null;
  for (;;) {
    const first = Math.min(pageSize, limit - nodes.length);
    const answer: Readonly<Record<string, Page<Node>>> = await hub.ask(document, { ...variables, first, after });
    const [page] = Object.values(answer);
    if (!page) return { nodes, hasMore: false };
    onPage(page);
    nodes.push(...page.nodes);
    after = page.pageInfo.endCursor;
    const hasMore = page.pageInfo.hasNextPage && after !== null;
    if (!hasMore || nodes.length >= limit) return { nodes, hasMore };
  }
}
