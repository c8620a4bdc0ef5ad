import { cohortNameOf, cohortNamesIn, type CurrentEntry, type HubFile, type SyncEntry } from './hubFile.js';
import type { FoundCurrent, FoundSync, HubState } from './readHub.js';
import { referencesFor } from './secrets.js';

/**
 * What a hub has, as a file without ids, times and secrets. The same hub makes the same file: everything is sorted. Of
 * cohorts it holds those that are pulled, used by a segment or expected by a schedule; partners push the others.
 */
export function exportHub(hub: HubState): HubFile {
  const used = new Set(hub.segments.flatMap(({ entry }) => cohortNamesIn(entry.definition)));
  const taken = new Set<string>();
  return {
    version: 1,
    currents: sorted(hub.currents, ({ entry }) => entry.name).map((found) => currentEntry(found, taken)),
    importPartners: hub.importPartners.toSorted(),
    cohorts: sorted(
      hub.cohorts.map(({ entry }) => entry).filter((each) => isKept(each, used)),
      cohortNameOf,
    ),
    segments: sorted(hub.segments, ({ entry }) => entry.name).map(({ entry, webhooks, syncs }) => ({
      name: entry.name,
      definition: entry.definition,
      webhooks: sorted(
        webhooks.map((webhook) => webhook.entry),
        ({ url, state }) => `${url} ${state}`,
      ),
      syncs: sorted(syncs, ({ entry: { destination }, objectName }) => `${destination} ${objectName}`).map((sync) =>
        syncEntry(sync, hub, taken),
      ),
    })),
    importKeys: sorted(
      hub.importKeys.map(({ entry }) => entry),
      ({ partner, name, validUntil = '' }) => [partner, name, validUntil].join('\0'),
    ),
    ingestTokens: sorted(
      hub.ingestTokens.map(({ entry }) => entry),
      ({ name }) => name,
    ),
    noticeWebhooks: hub.noticeWebhooks.map(({ entry }) => entry).sort(),
  };
}

function syncEntry(
  { objectName, state, entry: { destination, settings } }: FoundSync,
  { exportDestinations }: HubState,
  taken: Set<string>,
): SyncEntry {
  const fields = exportDestinations.get(destination)?.credentialFields ?? [];
  return {
    destination,
    state: fileStateOf(state),
    settings: sortedKeys(settings) as SyncEntry['settings'],
    credentials: referencesFor(objectName, { kind: null, fields }, taken),
  };
}

/** A blocked one is to be live: what blocks it is not in the file. */
function fileStateOf(state: FoundSync['state']): CurrentEntry['state'] {
  return state === 'BLOCKED' ? 'live' : (state.toLowerCase() as CurrentEntry['state']);
}

function currentEntry({ entry, state, credentials }: FoundCurrent, taken: Set<string>): CurrentEntry {
  const { name, destination, contactEmail, settings, selection, fieldRules, lingerMs } = entry;
  const references = credentials ? referencesFor(name, credentials, taken) : undefined;
  return {
    name,
    destination,
    state: fileStateOf(state),
    contactEmail,
    settings: sortedKeys(settings) as CurrentEntry['settings'],
    ...(references && { credentials: references }),
    selection,
    fieldRules,
    lingerMs,
  };
}

function isKept(cohort: NonNullable<HubFile['cohorts']>[number], used: ReadonlySet<string>): boolean {
  return cohort.pulledBy !== undefined || cohort.schedule !== undefined || used.has(cohortNameOf(cohort));
}

/** By the code units of the key: the same on every machine. */
function sorted<Entry>(entries: readonly Entry[], keyOf: (entry: Entry) => string): Entry[] {
  return entries
    .map((entry) => ({ entry, key: keyOf(entry) }))
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ entry }) => entry);
}

/** The same object with its keys in order, at every depth. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortedKeys(inner)]),
  );
}
