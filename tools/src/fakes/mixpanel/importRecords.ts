import type { Conditions, Decision, FakeRequest } from '../exchange.js';
import type { Partial400 } from '../faults/rule.js';
import { shuffle, type Random } from '../random.js';
import { findDuplicateKeys } from '../strictJson.js';
import { imported, partlyImported } from './answers.js';
import { createRecordCheck, type Findings, type Problem } from './checkRecord.js';
import { keepRecord } from './keepRecord.js';
import type { MixpanelProfile } from './profile.js';
import type { Ingestion, ProjectState } from './project.js';
import type { Records } from './records.js';

type RecordDecision = Pick<Decision, 'answer' | 'reason' | 'commit'>;

/** Checks every record, and decides on the common response and on what is stored. */
export function decideRecords(
  { ledger, random }: Ingestion,
  profile: MixpanelProfile,
  request: FakeRequest,
  conditions: Conditions,
  state: ProjectState,
  { records, mayHoldIllFormedText, documents }: Records,
  strict: boolean,
  nowMs: number,
): RecordDecision {
  const { seq } = request;
  const forced = conditions.partial400;
  const check = createRecordCheck(profile);
  const good: { readonly index: number; readonly found: Findings }[] = [];
  const failed: FailedRecord[] = [];
  const marks = { noIpZero: 0, oversizeValue: 0, ignored: 0, altered: 0 };
  for (let index = 0; index < records.length; index++) {
    const found = check(records[index], nowMs, mayHoldIllFormedText);
    const { insertId } = found;
    if (forced?.indexes?.includes(index) === true || forced?.ids?.includes(insertId) === true) {
      const { field = 'properties', message = 'properties are invalid' } = forced;
      failed.push({ index, insertId, problems: [{ field, message }] });
      continue;
    }
    if (found.problems.length > 0 && !mendsInsertId(found, strict)) {
      failed.push({ index, insertId, problems: found.problems });
      continue;
    }
    if (found.geo === 'request') marks.noIpZero++;
    marks.oversizeValue += found.emptied.length;
    marks.altered += found.cut.length + found.emptied.length;
    if (found.ignored) {
      marks.ignored++;
      continue;
    }
    if (found.problems.length > 0) found.insertId = Math.floor(random() * 2 ** 48).toString(16);
    good.push({ index, found });
  }

  for (const code of ['noIpZero', 'oversizeValue', 'ignored'] as const)
    if (marks[code] > 0) ledger.violate(seq, code, marks[code]);
  if (!strict) ledger.violate(seq, 'nonStrict');
  if (ledger.mode === 'full')
    for (const document of documents)
      for (const key of findDuplicateKeys(document)) ledger.violate(seq, 'duplicateKey', 1, key);

  const listless = forced?.records === 'strings' || forced?.records === 'none';
  const storesRest = forced?.stores === undefined ? !listless : forced.stores === 'rest';
  const commit = (): void => {
    ledger.alter(marks.altered);
    if (strict)
      for (const { index, insertId, problems } of failed)
        ledger.reject(seq, index, insertId === '' ? undefined : insertId, problems);
    else ledger.refuse(failed.map(({ insertId }) => insertId).filter((id) => id !== ''));
    for (const { index, found } of good) {
      const record = records[index] as Readonly<Record<string, unknown>>;
      keepRecord(ledger, profile, request, state, index, record, found, nowMs);
    }
  };
  const storing = storesRest ? { commit } : {};
  const taken = records.length - failed.length;
  if (!strict) return { answer: imported(taken, profile.looseStatus), reason: 'not strict', ...storing };
  if (failed.length === 0 && forced === undefined)
    return { answer: imported(taken, 'OK'), reason: 'imported', ...storing };
  const list = listFailed(failed, records.length, profile, random, forced);
  return {
    answer: partlyImported(list, storesRest ? taken : 0, profile.omitError),
    reason: `${failed.length} failed validation`,
    ...storing,
  };
}

/** Without strict=1 a missing id is no fault: Mixpanel generates one. */
function mendsInsertId(found: Findings, strict: boolean): boolean {
  return !strict && found.insertId === '' && found.problems.every(({ field }) => field === '$insert_id');
}

/** A refused record with its problems. */
export interface FailedRecord {
  readonly index: number;
  readonly insertId: string;
  readonly problems: readonly Problem[];
}

/** `failed_records` of a response; undefined if it is omitted. */
export function listFailed(
  failed: readonly FailedRecord[],
  eventCount: number,
  profile: MixpanelProfile,
  random: Random,
  forced: Partial400 | undefined,
): readonly unknown[] | undefined {
  const records = forced?.records ?? 'objects';
  if (records === 'none') return undefined;
  const entryOf = (index: number, insertId: string, { field, message }: Problem) => ({
    index: records === 'indexAsString' ? String(index) : index,
    ...(profile.idKey === 'none' ? {} : { [profile.idKey]: insertId }),
    field,
    message,
  });
  const entries = failed.flatMap(({ index, insertId, problems }): unknown[] => {
    const named = profile.multiErrors === 'all' ? problems : problems.slice(0, 1);
    return named.map((problem) => (records === 'strings' ? problem.message : entryOf(index, insertId, problem)));
  });
  if (records === 'repeated') entries.push(...entries);
  if (records === 'outOfRange')
    entries.push(entryOf(eventCount + 7, '', { field: 'properties', message: 'out of range' }));
  return profile.shuffleFailed ? shuffle(entries, random) : entries;
}
