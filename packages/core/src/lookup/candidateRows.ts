import { fingerprint } from '@currents/schema';
import type { Queries } from '../admin/admin.js';
import { QuestionRefused } from '../admin/page.js';
import type { Source } from '../eventIndex/mergeFingerprints.js';
import { unsearchedDays } from './backfillIndex.js';
import { userKinds, type EventNames } from './eventNames.js';
import { searchIndex } from './searchIndex.js';

/** Rows that one look-up may find in the index. */
const maxCandidates = 20_000;
/** Less than half of what `searchIndex` reads of a block at once. */
const idsAtOnce = 1_000;

/**
 * Finds the ids of the rows of a day that may have events with the names; undefined when any may, because the day is not
 * indexed yet. To be used within one transaction of isolation level repeatable read. Throws `QuestionRefused` for too many.
 */
export async function openCandidates(tx: Queries, source: Source, { eventIds, users }: EventNames) {
  const unsearched = new Set(await unsearchedDays(tx));
  const lists = [
    eventIds?.map((id) => fingerprint('eventId', id)),
    users?.flatMap((id) => userKinds.map((kind) => fingerprint(kind, id))),
  ];
  let found = 0;

  async function rowsWith(day: string, print: number): Promise<readonly number[]> {
    const rows: number[] = [];
    for (;;) {
      const query = { day, source, fingerprint: print, before: rows.at(-1), limit: idsAtOnce };
      const ids = await searchIndex(tx, query);
      rows.push(...ids);
      found += ids.length;
      if (found > maxCandidates) throw tooMuch();
      if (ids.length < idsAtOnce) return rows;
    }
  }

  return async (day: string): Promise<ReadonlySet<number> | undefined> => {
    if (unsearched.has(day)) return undefined;
    let rows: ReadonlySet<number> | undefined;
    for (const prints of lists) {
      if (!prints) continue;
      const some = new Set<number>();
      for (const print of prints) for (const id of await rowsWith(day, print)) some.add(id);
      rows = rows ? new Set([...rows].filter((id) => some.has(id))) : some;
    }
    return rows;
  };
}

/** Stored bytes, and rows, that one look-up reads: about a second of work. */
const maxReadBytes = 32 * 1024 * 1024;
const maxReadRows = 5_000;
/** Characters of texts that are unpacked from the stored bytes: their senders say how well they can be compressed. */
const maxReadCharacters = 4 * maxReadBytes;

/** Adds up what a look-up reads. Throws `QuestionRefused` beyond what one may. */
export function createReadBudget() {
  let [rows, bytes, characters] = [0, 0, 0];
  return {
    spend(more: { readonly rows?: number; readonly bytes?: number; readonly characters?: number }): void {
      rows += more.rows ?? 0;
      bytes += more.bytes ?? 0;
      characters += more.characters ?? 0;
      if (rows > maxReadRows || bytes > maxReadBytes || characters > maxReadCharacters) throw tooMuch();
    },
  };
}

function tooMuch(): QuestionRefused {
  return new QuestionRefused(
    'filter: expected one for which little has to be read, got one for which too much has; restrict it, such as by from and to, code or ingestTokenId',
  );
}
