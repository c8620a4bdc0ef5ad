import type { Writer } from '../db/writer.js';
import type { CountEntry } from './receivedCounts.js';

type Rows = CountEntry['received'];

/**
 * Counts the events of repeated requests, which no commit stores. Requests share a commit: those that come while one is
 * under way are counted by the next (group commit), so a flood of repetitions costs one row at a time.
 */
export function createRepeatCounter(writer: Writer) {
  let next: { readonly rows: Rows[number][]; committed: Promise<void> } | undefined;
  let committing: Promise<void> = Promise.resolve();

  async function commit(rows: Rows): Promise<void> {
    await committing.catch(() => undefined);
    next = undefined;
    const entry: CountEntry = { received: rows, unselected: [] };
    await writer.run({ name: 'repeats', text: insertText, values: [JSON.stringify(entry)] });
  }

  return {
    /** Resolves when the events are counted, so that whatever is answered is counted. Rejects with the database's error. */
    add(rows: Rows): Promise<void> {
      if (!next) {
        const gathered: Rows[number][] = [];
        committing = commit(gathered);
        next = { rows: gathered, committed: committing };
      }
      next.rows.push(...rows);
      return next.committed;
    },
  };
}

const insertText = 'insert into count_entry (counts) values ($1::json)';
