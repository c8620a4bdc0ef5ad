import type { LedgerSnapshot, StoredEvent } from '../../src/fakes/ledger.js';

/** The number of stored copies of each event of a project of the fake, by id. */
export function shownAt({ view }: Pick<LedgerSnapshot, 'view'>, project: string): ReadonlyMap<string, number> {
  const shown = new Map<string, number>();
  for (const copy of view) if (copy.project === project) shown.set(idOf(copy), (shown.get(idOf(copy)) ?? 0) + 1);
  return shown;
}

/** The $insert_id of a stored event. */
export function idOf({ event }: StoredEvent): string {
  return String((event['properties'] as Readonly<Record<string, unknown>>)['$insert_id']);
}

/** Each of these once. */
export function onceEach(ids: readonly string[]): ReadonlyMap<string, number> {
  return new Map(ids.map((id) => [id, 1]));
}
