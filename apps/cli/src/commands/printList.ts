import { table, type Column } from '../output/table.js';
import type { Pages } from '../hub/readPages.js';
import type { Session } from '../session.js';

/** Prints a list as a table, or as a JSON array. Says when there is more than was asked for. */
export function printList<Node>(
  { terminal, isJson }: Pick<Session, 'terminal' | 'isJson'>,
  { nodes, hasMore }: Pages<Node>,
  columns: readonly Column<Node>[],
  ifEmpty: string,
): void {
  if (isJson) terminal.printJson(nodes);
  else if (nodes.length === 0) terminal.note(ifEmpty);
  else terminal.print(table(nodes, columns));
  if (hasMore) terminal.note('There are more; --limit shows more of them.');
}
