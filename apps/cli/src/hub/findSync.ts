import { CommandFailure, exitCodes } from '../failure.js';
import { segmentDocuments } from '../segmentDocuments.js';
import type { Hub } from './hub.js';
import { readPages } from './readPages.js';
import { unwrap, type Problem } from './unwrap.js';

/** A segment sync in a list. */
export interface SyncRow {
  readonly id: string;
  readonly destination: string;
  readonly objectName: string;
  readonly state: 'DRAFT' | 'LIVE' | 'PAUSED' | 'BLOCKED';
  readonly stateSince: string;
  readonly isClearing: boolean;
  readonly segment: { readonly id: string; readonly name: string } | null;
  readonly progress: { readonly kind: string; readonly doneCount: number; readonly totalCount: number } | null;
  readonly deliveredCount: number;
  readonly refusedCount: number;
  readonly waitingCount: number;
  readonly inFlightCount: number;
}

/** Everything about a segment sync. */
export interface SyncDetails extends SyncRow {
  readonly changeCount: number;
  readonly returnedCount: number;
  readonly requestCount: number;
  readonly lastDeliveredAt: string | null;
  readonly syncedAt: string | null;
  readonly createdAt: string;
  readonly allowedActions: readonly string[];
  readonly block: { readonly code: string; readonly detail: string } | null;
  readonly deferral: { readonly code: string; readonly detail: string; readonly until: string } | null;
  /** Only when asked for: they need the role OPERATOR. */
  readonly account?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

interface SyncPage {
  readonly nodes: readonly SyncRow[];
  readonly pageInfo: { readonly hasNextPage: boolean };
}

interface SegmentNode {
  readonly id: string;
  readonly name: string;
  readonly syncs: SyncPage;
}

const maxSegments = 10_000;

/** The syncs of all segments. */
export async function listSyncs(hub: Hub): Promise<readonly SyncRow[]> {
  const { nodes } = await readPages<SegmentNode>(hub, segmentDocuments.syncsOfSegments, {}, maxSegments);
  const all: SyncRow[] = [];
  for (const segment of nodes) {
    const { syncs } = segment;
    // A page of segments holds the first few of each.
    all.push(...(syncs.pageInfo.hasNextPage ? await listSyncsOf(hub, segment) : syncs.nodes));
  }
  return all;
}

/** The syncs of one segment. */
export async function listSyncsOf(
  hub: Hub,
  { id, name }: Pick<SegmentNode, 'id' | 'name'>,
): Promise<readonly SyncRow[]> {
  const { segment } = await hub.ask<{ segment: { readonly syncs: SyncPage } | Problem }>(
    segmentDocuments.syncsOfSegment,
    { id },
  );
  const { nodes, pageInfo } = unwrap(segment).syncs;
  if (!pageInfo.hasNextPage) return nodes;
  throw new CommandFailure(
    `expected at most ${nodes.length} syncs of the segment ${name}, got more`,
    exitCodes.negative,
  );
}

/** The sync with this id; undefined when there is none, or no longer. */
export async function readSync(hub: Hub, id: string, withSettings = false): Promise<SyncDetails | undefined> {
  const document = withSettings ? segmentDocuments.syncWithSettings : segmentDocuments.sync;
  const { segmentSync } = await hub.ask<{ segmentSync: SyncDetails | Problem }>(document, { id });
  return 'problemCode' in segmentSync && segmentSync.problemCode === 'SEGMENT_SYNC_NOT_FOUND'
    ? undefined
    : unwrap(segmentSync);
}

/** The sync with this id, or whose object at the destination has this name. Throws `CommandFailure` when there is none. */
export async function findSync(hub: Hub, idOrName: string, withSettings = false): Promise<SyncDetails> {
  const id = /^[a-z]{3}_\d+$/.test(idOrName) ? idOrName : await idOf(hub, idOrName);
  const found = await readSync(hub, id, withSettings);
  if (found) return found;
  throw new CommandFailure(`there is no segment sync ${id}; see currents segments sync list`, exitCodes.negative);
}

async function idOf(hub: Hub, objectName: string): Promise<string> {
  const found = (await listSyncs(hub)).filter((sync) => sync.objectName === objectName);
  const [only] = found;
  if (only && found.length === 1) return only.id;
  throw new CommandFailure(
    found.length === 0
      ? `there is no segment sync with the id or the name "${objectName}"; see currents segments sync list`
      : `${found.length} segment syncs have the name "${objectName}"; give the id of one: ${found.map(({ id }) => id).join(', ')}`,
    exitCodes.negative,
  );
}
