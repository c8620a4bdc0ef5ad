import type { Conditions, Decision, FakeRequest } from '../exchange.js';
import { findDuplicateKeys } from '../strictJson.js';
import { imported, partlyImported } from './answers.js';
import { createRecordCheck, type Findings } from './checkRecord.js';
import { isForced, listFailed, type FailedRecord } from './failedRecords.js';
import { copyOf, keepCopy, type ImportCopy } from './importCopy.js';
import type { Ingestion } from './ingestion.js';
import type { MixpanelProfile } from './profile.js';
import type { ProjectState } from './project.js';
import type { Records } from './records.js';

type RecordDecision = Pick<Decision, 'answer' | 'reason' | 'commit'>;

/** Checks every record, says what Mixpanel says of them together, and how they are stored. */
export function decideRecords(
  ingestion: Ingestion,
  profile: MixpanelProfile,
  request: FakeRequest,
  conditions: Conditions,
  state: ProjectState,
  { records, mayHoldIllFormedText, documents }: Records,
  strict: boolean,
  nowMs: number,
): RecordDecision {
  const { ledger, random } = ingestion;
  const { seq } = request;
  const forced = conditions.partial400;
  const check = createRecordCheck(profile);
  const copies: ImportCopy[] = [];
  const failed: FailedRecord[] = [];
  const marks = { noIpZero: 0, oversizeValue: 0, ignored: 0, altered: 0 };
  for (let index = 0; index < records.length; index++) {
    const found = check(records[index], nowMs, mayHoldIllFormedText);
    if (isForced(forced, index, found.insertId)) {
      const problem = { field: forced?.field ?? 'properties', message: forced?.message ?? 'properties are invalid' };
      failed.push({ index, insertId: found.insertId, problems: [problem] });
      continue;
    }
    if (found.problems.length > 0 && !mendsInsertId(found, strict)) {
      failed.push({ index, insertId: found.insertId, problems: found.problems });
      continue;
    }
    if (found.geo === 'request') marks.noIpZero++;
    marks.oversizeValue += found.emptied.length;
    marks.altered += found.cut.length + found.emptied.length;
    if (found.ignored) marks.ignored++;
    else copies.push(copyOf(index, found, request.remoteAddress, random));
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
    for (const copy of copies)
      keepCopy(ledger, profile, request, state, copy, records[copy.index] as Readonly<Record<string, unknown>>, nowMs);
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

/** Without strict=1 a missing id is no fault: Mixpanel makes one up. */
function mendsInsertId(found: Findings, strict: boolean): boolean {
  return !strict && found.insertId === '' && found.problems.every(({ field }) => field === '$insert_id');
}
