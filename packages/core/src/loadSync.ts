import type { SegmentExport } from '@currents/connector';
import type { Sql } from './db/connect.js';
import { credentialsUnreadable, ownUrlSetting } from './loadCurrent.js';
import type { Seal } from './secrets/seal.js';

/** The destinations of segments by name, as the apps list them. */
export type SegmentExports = ReadonlyMap<string, SegmentExport>;

export interface LoadSyncOptions {
  readonly segmentExports: SegmentExports;
  readonly seal: Seal;
  /** Whether settings may name a base URL. */
  readonly allowBaseUrl: boolean;
}

/** A sync that can be used: its destination, parsed settings and opened credentials. */
export interface LoadedSync {
  readonly syncId: number;
  readonly version: number;
  readonly segmentExport: SegmentExport;
  readonly settings: unknown;
  readonly credentials: unknown;
}

/** Why a sync cannot be used; a person must act. */
export interface UnusableSync {
  readonly code: 'no_connector' | 'settings_invalid' | 'credentials_unreadable' | 'base_url_not_allowed';
  readonly detail: string;
}

export function isUsableSync(sync: LoadedSync | UnusableSync): sync is LoadedSync {
  return 'segmentExport' in sync;
}

export const syncSealContext = (syncId: number): string => `segment_sync:${syncId}`;

interface Row {
  readonly version: number;
  readonly destination: string;
  readonly settings: unknown;
  readonly credentials: Buffer | null;
}

/** Loads one sync. Undefined when it does not exist. */
export async function loadSync(
  sql: Sql,
  syncId: number,
  { segmentExports, seal, allowBaseUrl }: LoadSyncOptions,
): Promise<LoadedSync | UnusableSync | undefined> {
  const [row] = await sql<
    Row[]
  >`select version, destination, settings, credentials from segment_sync where id = ${syncId}`;
  if (!row) return undefined;
  const segmentExport = segmentExports.get(row.destination);
  if (!segmentExport)
    return { code: 'no_connector', detail: `this release has no destination of segments named ${row.destination}` };
  const settings = segmentExport.settings.safeParse(row.settings);
  if (!settings.success) {
    const detail = `the stored settings are not valid for this version of the ${segmentExport.label} connector`;
    return { code: 'settings_invalid', detail };
  }
  if (!allowBaseUrl && ownUrlSetting(segmentExport, settings.data) !== undefined) {
    const detail =
      'the sync has a base URL of its own or one without encryption, and this process does not allow that (ALLOW_CUSTOM_BASE_URL)';
    return { code: 'base_url_not_allowed', detail };
  }
  try {
    const credentials: unknown = JSON.parse(seal.open(row.credentials ?? Buffer.alloc(0), syncSealContext(syncId)));
    return { syncId, version: row.version, segmentExport, settings: settings.data, credentials };
  } catch (error) {
    return { code: 'credentials_unreadable', detail: credentialsUnreadable(error) };
  }
}
