import type { OnPage } from './cohortPull.js';
import { createCsvReader } from './csv.js';
import { readMembers } from './readMembers.js';

const maxPageMembers = 10_000;

export interface MemberFileReader {
  read(chunk: Uint8Array): Promise<void>;
  /** Hands over the rest. `truncated`: the file ends inside a value; `noColumn`: its header lacks the column. */
  end(): Promise<'complete' | 'truncated' | 'noColumn'>;
}

/** Reads a CSV file as it arrives and hands over the ids in one column, named in the header, in pages of members. */
export function createMemberFileReader(columnName: string, onPage: OnPage): MemberFileReader {
  const decoder = new TextDecoder();
  let column: number | undefined;
  let ids: (string | undefined)[] = [];
  const csv = createCsvReader((fields) => {
    if (column === undefined) column = fields.indexOf(columnName);
    else if (column !== -1) ids.push(fields[column]);
  });

  async function handOver(minMembers: number): Promise<void> {
    while (ids.length >= minMembers && ids.length > 0) {
      const page = ids.slice(0, maxPageMembers);
      ids = ids.slice(maxPageMembers);
      await onPage(readMembers(page, (id) => id));
    }
  }

  return {
    async read(chunk) {
      csv.read(decoder.decode(chunk, { stream: true }));
      await handOver(maxPageMembers);
    },
    async end() {
      csv.read(decoder.decode());
      const isWhole = csv.end();
      if (column === undefined || column === -1) return 'noColumn';
      if (!isWhole) return 'truncated';
      await handOver(1);
      return 'complete';
    },
  };
}
