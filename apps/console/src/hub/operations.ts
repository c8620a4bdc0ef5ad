import { print } from '@0no-co/graphql.web';
import type { DocumentNode } from '@0no-co/graphql.web';
import { useEffect, useSyncExternalStore } from 'react';

/** A query that the present screen shows, for "copy as GraphQL" and "copy as curl". */
export interface ShownOperation {
  readonly name: string;
  readonly query: string;
  readonly variables: unknown;
}

let shown: readonly ShownOperation[] = [];
const listeners = new Set<() => void>();

function replace(next: readonly ShownOperation[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

/** Offers a query for copying while the component is on the screen. */
export function useShownOperation(document: DocumentNode, variables: unknown): void {
  const key = JSON.stringify(variables);
  useEffect(() => {
    const operation = { name: nameOf(document), query: print(document), variables };
    replace([...shown, operation]);
    return () => replace(shown.filter((other) => other !== operation));
    // The variables are compared by value.
  }, [document, key]);
}

export function useShownOperations(): readonly ShownOperation[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => shown,
  );
}

/** A GraphQL document that runs by itself. Variables are a comment, as GraphQL has no place for them. */
export function asGraphql({ query, variables }: ShownOperation): string {
  return `# Variables: ${JSON.stringify(variables)}\n${query}`;
}

/** A shell command that runs the query. The admin token comes from a variable, so that none is copied. */
export function asCurl({ query, variables }: ShownOperation): string {
  const body = JSON.stringify({ query, variables }).replaceAll("'", `'\\''`);
  const url = new URL('graphql', document.baseURI).href;
  const accept = query.trimStart().startsWith('subscription') ? " -N -H 'accept: text/event-stream'" : '';
  return `curl -s ${url}${accept} -H "Authorization: Bearer $ADMIN_TOKEN" -H 'content-type: application/json' -d '${body}'`;
}

function nameOf({ definitions }: DocumentNode): string {
  const [first] = definitions;
  return (first && 'name' in first && first.name?.value) || 'query';
}
