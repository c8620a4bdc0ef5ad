import { CommandFailure, exitCodes } from '../failure.js';
import type { Hub } from '../hub/hub.js';
import { readPages } from '../hub/readPages.js';
import { hubFileQueries as documents } from './documents.js';
import type {
  CohortEntry,
  CurrentEntry,
  Definition,
  ImportKeyEntry,
  IngestTokenEntry,
  SegmentEntry,
  SyncEntry,
  WebhookEntry,
} from './hubFile.js';
import { readDefinition, type DefinitionPart } from './readDefinition.js';

/** More of one kind are not compared with a file. */
const maxEntries = 10_000;

/** Something that a hub has, as a file says it. */
export interface Found<Entry> {
  readonly id: string;
  readonly entry: Entry;
}

export interface FoundCurrent extends Found<Omit<CurrentEntry, 'credentials' | 'state'>> {
  readonly version: number;
  readonly state: 'DRAFT' | 'LIVE' | 'PAUSED' | 'BLOCKED';
  /** Which credentials there are; null: none, or none that the hub can open. */
  readonly credentials: { readonly kind: string | null; readonly fields: readonly string[] } | null;
}

export interface FoundSegment extends Found<Pick<SegmentEntry, 'name' | 'definition'>> {
  readonly version: number;
  readonly webhooks: readonly Found<WebhookEntry>[];
  readonly syncs: readonly FoundSync[];
}

export interface FoundSync extends Found<Omit<SyncEntry, 'state' | 'credentials'>> {
  /** The name of what holds the segment at the destination, which tells it from others. */
  readonly objectName: string;
  readonly state: 'DRAFT' | 'LIVE' | 'PAUSED' | 'BLOCKED';
}

/** What a destination of segments adds to a file, and needs in it. */
export interface ExportDestination {
  readonly defaultSettings: Readonly<Record<string, unknown>>;
  readonly credentialFields: readonly string[];
}

/** What a hub has of what a file may hold. */
export interface HubState {
  /** The settings that a destination adds to those that are given, by its name. */
  readonly defaultSettings: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** The destinations of segments, by their names. */
  readonly exportDestinations: ReadonlyMap<string, ExportDestination>;
  readonly currents: readonly FoundCurrent[];
  readonly importPartners: readonly string[];
  /** All cohorts, also those that no file names because their partners push them. */
  readonly cohorts: readonly Found<CohortEntry>[];
  readonly segments: readonly FoundSegment[];
  readonly importKeys: readonly Found<ImportKeyEntry>[];
  readonly ingestTokens: readonly Found<IngestTokenEntry>[];
  /** With their URLs. */
  readonly noticeWebhooks: readonly Found<string>[];
}

/** Reads it all, a page at a time. */
export async function readHub(hub: Hub): Promise<HubState> {
  const syncs = await readSyncs(hub);
  return {
    ...(await readDestinations(hub)),
    currents: (await readAll<CurrentNode>(hub, 'currents')).map(currentOf),
    importPartners: (await readAll<{ readonly name: string; readonly isBuiltIn: boolean }>(hub, 'importPartners'))
      .filter(({ isBuiltIn }) => !isBuiltIn)
      .map(({ name }) => name),
    cohorts: (await readAll<CohortNode>(hub, 'cohorts')).map(cohortOf),
    segments: (await readAll<SegmentNode>(hub, 'segments')).map((node) => segmentOf(node, syncs.get(node.id) ?? [])),
    importKeys: (await readAll<ImportKeyNode>(hub, 'importKeys')).flatMap(importKeyOf),
    ingestTokens: (await readAll<IngestTokenNode>(hub, 'ingestTokens')).map(ingestTokenOf),
    noticeWebhooks: (await readAll<{ readonly id: string; readonly url: string }>(hub, 'noticeWebhooks')).map(
      ({ id, url }) => ({ id, entry: url }),
    ),
  };
}

type Section =
  'currents' | 'importPartners' | 'cohorts' | 'segments' | 'syncs' | 'importKeys' | 'ingestTokens' | 'noticeWebhooks';

async function readAll<Node>(hub: Hub, section: Section): Promise<readonly Node[]> {
  const { nodes, hasMore } = await readPages<Node>(hub, documents[section], {}, maxEntries);
  if (!hasMore) return nodes;
  throw new CommandFailure(`expected at most ${maxEntries} ${section} on the hub, got more`, exitCodes.negative);
}

interface SettingsSchema {
  readonly properties?: Readonly<Record<string, { readonly default?: unknown }>>;
}

async function readDestinations(hub: Hub): Promise<Pick<HubState, 'defaultSettings' | 'exportDestinations'>> {
  const { destinations, segmentDestinations } = await hub.ask<{
    destinations: readonly DestinationNode[];
    segmentDestinations: readonly (DestinationNode & { readonly credentialsSchema: SettingsSchema })[];
  }>(documents.destinations);
  return {
    defaultSettings: new Map(destinations.map(({ name, settingsSchema }) => [name, defaultsOf(settingsSchema)])),
    exportDestinations: new Map(
      segmentDestinations.map(({ name, settingsSchema, credentialsSchema: { properties = {} } }) => [
        name,
        { defaultSettings: defaultsOf(settingsSchema), credentialFields: Object.keys(properties) },
      ]),
    ),
  };
}

interface DestinationNode {
  readonly name: string;
  readonly settingsSchema: SettingsSchema;
}

function defaultsOf({ properties = {} }: SettingsSchema): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, property]) =>
      property.default === undefined ? [] : [[key, property.default]],
    ),
  );
}

interface SyncsNode {
  readonly id: string;
  readonly name: string;
  readonly syncs: {
    readonly nodes: readonly (Pick<FoundSync, 'id' | 'objectName' | 'state'> & {
      readonly destination: string;
      readonly isClearing: boolean;
      readonly settings: SyncEntry['settings'];
    })[];
    readonly pageInfo: { readonly hasNextPage: boolean };
  };
}

/** The syncs of each segment, by its id, but for those that are about to be deleted. */
async function readSyncs(hub: Hub): Promise<ReadonlyMap<string, readonly FoundSync[]>> {
  const segments = await readAll<SyncsNode>(hub, 'syncs');
  return new Map(
    segments.map(({ id, name, syncs }) => {
      if (syncs.pageInfo.hasNextPage)
        throw new CommandFailure(`expected at most 10 syncs of the segment ${name}, got more`, exitCodes.negative);
      const kept = syncs.nodes.filter(({ isClearing }) => !isClearing);
      return [
        id,
        kept.map((sync) => ({
          id: sync.id,
          objectName: sync.objectName,
          state: sync.state,
          entry: { destination: sync.destination, settings: sync.settings },
        })),
      ] as const;
    }),
  );
}

type FieldRules = CurrentEntry['fieldRules'];

const unreadable = 'CREDENTIALS_UNREADABLE';

interface CurrentNode extends Omit<CurrentEntry, 'destination' | 'state' | 'fieldRules' | 'credentials'> {
  readonly id: string;
  readonly version: number;
  readonly state: FoundCurrent['state'];
  readonly destinationName: string;
  readonly credentials: FoundCurrent['credentials'];
  readonly warnings: readonly { readonly code: string }[];
  readonly fieldRules: FieldRules & { readonly isReadable: boolean };
}

function currentOf({ id, version, state, destinationName, credentials, warnings, ...node }: CurrentNode): FoundCurrent {
  const { isReadable, isWithoutContactDetails, rules } = node.fieldRules;
  if (!isReadable)
    throw new CommandFailure(
      `a later release of the hub stored the field rules of ${node.name} (${id}); use the command line of that release`,
      exitCodes.negative,
    );
  const { groups, channels, eventTypes } = node.selection;
  return {
    id,
    version,
    state,
    credentials: warnings.some(({ code }) => code === unreadable) ? null : credentials,
    entry: {
      ...node,
      destination: destinationName,
      selection: { groups: groups.toSorted(), channels: channels.toSorted(), eventTypes: eventTypes.toSorted() },
      fieldRules: { isWithoutContactDetails, rules: rules.map((rule) => withoutNulls(rule) as FieldRules['rules'][0]) },
    },
  };
}

/** Fields that the API answers with null are absent in a file. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
}

interface CohortNode {
  readonly id: string;
  readonly partner: string;
  readonly partnerId: string;
  readonly nameAtPartner: string;
  readonly schedule: string | null;
  readonly pull: { readonly current: { readonly name: string; readonly state: string } | null } | null;
}

function cohortOf({ id, partner, partnerId, nameAtPartner, schedule, pull }: CohortNode): Found<CohortEntry> {
  // The pull of a deleted Current waits for another one.
  const pulledBy = pull?.current && pull.current.state !== 'DELETED' ? pull.current.name : undefined;
  return {
    id,
    entry: {
      partner,
      id: partnerId,
      name: nameAtPartner,
      ...(schedule !== null && { schedule: schedule.toLowerCase().replace('_', '-') as CohortEntry['schedule'] }),
      ...(pulledBy !== undefined && { pulledBy }),
    },
  };
}

interface SegmentNode {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly definitionParts: readonly DefinitionPart[];
  readonly webhooks: {
    readonly nodes: readonly { readonly id: string; readonly url: string; readonly state: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean };
  };
}

function segmentOf(
  { id, version, name, definitionParts, webhooks }: SegmentNode,
  syncs: readonly FoundSync[],
): FoundSegment {
  if (webhooks.pageInfo.hasNextPage)
    throw new CommandFailure(`expected at most 100 webhooks of the segment ${name}, got more`, exitCodes.negative);
  const definition: Definition = readDefinition(definitionParts);
  return {
    id,
    version,
    entry: { name, definition },
    syncs,
    webhooks: webhooks.nodes.map((webhook) => ({
      id: webhook.id,
      // A blocked one is to be live.
      entry: { url: webhook.url, state: webhook.state === 'PAUSED' ? ('paused' as const) : ('live' as const) },
    })),
  };
}

interface ImportKeyNode {
  readonly id: string;
  readonly name: string;
  readonly revokedAt: string | null;
  readonly partner: { readonly name: string } | null;
}

/** The keys of a deleted partner let no push in. */
function importKeyOf({ id, name, revokedAt, partner }: ImportKeyNode): readonly Found<ImportKeyEntry>[] {
  if (partner === null) return [];
  return [{ id, entry: { partner: partner.name, name, ...(revokedAt !== null && { validUntil: revokedAt }) } }];
}

interface IngestTokenNode {
  readonly id: string;
  readonly name: string;
  readonly eventsPerSecond: number | null;
  readonly bytesPerSecond: number | null;
}

function ingestTokenOf({ id, name, eventsPerSecond, bytesPerSecond }: IngestTokenNode): Found<IngestTokenEntry> {
  return {
    id,
    entry: {
      name,
      ...(eventsPerSecond !== null && { eventsPerSecond }),
      ...(bytesPerSecond !== null && { bytesPerSecond }),
    },
  };
}
