import type { Partial400 } from '../faults/rule.js';
import { shuffle, type Random } from '../random.js';
import type { Problem } from './checkRecord.js';
import type { MixpanelProfile } from './profile.js';

/** A record that is refused, with what is wrong with it. */
export interface FailedRecord {
  readonly index: number;
  readonly insertId: string;
  readonly problems: readonly Problem[];
}

/** `failed_records` of an answer; undefined when it is left out. */
export function listFailed(
  failed: readonly FailedRecord[],
  eventCount: number,
  profile: MixpanelProfile,
  random: Random,
  forced: Partial400 | undefined,
): readonly unknown[] | undefined {
  const records = forced?.records ?? 'objects';
  if (records === 'none') return undefined;
  const entries = failed.flatMap(({ index, insertId, problems }) => {
    const named = profile.multiErrors === 'all' ? problems : problems.slice(0, 1);
    return named.map((problem) =>
      records === 'strings' ? problem.message : entryOf(index, insertId, problem, profile, records),
    );
  });
  if (records === 'repeated') entries.push(...entries);
  if (records === 'outOfRange')
    entries.push(entryOf(eventCount + 7, '', { field: 'properties', message: 'out of range' }, profile, records));
  return profile.shuffleFailed ? shuffle(entries, random) : entries;
}

function entryOf(
  index: number,
  insertId: string,
  problem: Problem,
  profile: MixpanelProfile,
  records: Partial400['records'],
): unknown {
  return {
    index: records === 'indexAsString' ? String(index) : index,
    ...(profile.idKey === 'none' ? {} : { [profile.idKey]: insertId }),
    field: problem.field,
    message: problem.message,
  };
}

/** Whether a fault marks this record as failed. */
export function isForced(forced: Partial400 | undefined, index: number, insertId: string): boolean {
  if (forced === undefined) return false;
  return forced.indexes?.includes(index) === true || forced.ids?.includes(insertId) === true;
}
