import type { ExportLimits } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { inputInvalid, type InputInvalid } from '../admin/problem.js';
import { memberOf } from '../cohorts/memberKey.js';
import { readSets, setTable } from '../cohorts/memberSet.js';
import { problemsIn } from '../currents/createCurrent.js';
import { checkSettings } from '../currents/settings.js';
import { findSegment } from '../segments/manageSegments.js';
import {
  segmentNotEvaluated,
  segmentNotFound,
  type SegmentNotEvaluated,
  type SegmentNotFound,
} from '../segments/segmentView.js';
import { findOwner, findSegmentExport, objectTaken, type SyncObjectTaken } from './createSync.js';

/** What the first sync takes with these settings, or what it takes to send members again. */
export interface SegmentSyncPlan {
  readonly kind: 'SegmentSyncPlan';
  readonly account: string;
  readonly objectName: string;
  /** Users to send, at most. */
  readonly memberCount: number;
  /** Members that the destination cannot take, by reason, in a sample of the members. */
  readonly sampledCount: number;
  readonly sampledRefusals: readonly { readonly code: string; readonly description: string; readonly count: number }[];
  readonly requestCount: number;
  readonly durationMs: number;
  readonly cost: { readonly unit: string; readonly count: number } | undefined;
  /** What a request would say of one member. */
  readonly example: unknown;
}

interface PlanInput {
  readonly segmentId: string;
  readonly destination: string;
  readonly settings: unknown;
  /** The sync that the plan is for, if there is one: it has its place already. */
  readonly syncId?: string | undefined;
  /** How many users are sent. Default: all members. */
  readonly userCount?: number | undefined;
}

const maxSampled = 1_000;

/** Plans to send the members of a segment: sends nothing, stores nothing. */
export async function planSync(
  admin: Admin,
  { segmentId, destination, settings: given, syncId, userCount }: PlanInput,
): Promise<SegmentSyncPlan | SegmentNotFound | SegmentNotEvaluated | InputInvalid | SyncObjectTaken> {
  const segmentExport = findSegmentExport(admin, destination);
  if ('problems' in segmentExport) return inputInvalid(segmentExport.problems);
  const checked = checkSettings(segmentExport, given, admin);
  if ('problems' in checked) return inputInvalid(problemsIn(checked));
  const { settings } = checked;
  const place = segmentExport.objectOf(settings);
  const owner = await findOwner(admin, { destination, ...place });
  if (owner !== undefined && owner !== syncId) return objectTaken(place.name, owner);
  const segment = await findSegment(admin, segmentId);
  if (!segment) return segmentNotFound;
  if (segment.evaluatedAt === null) return segmentNotEvaluated;
  const memberCount = userCount ?? segment.externalIds + segment.deviceIds + segment.aliases;
  const sample = await readSets(async () => {
    const set = (await findSegment(admin, segmentId))?.setId;
    if (set === null || set === undefined) return [];
    const rows = await admin.sql<{ member: string }[]>`
      select member from ${admin.sql(setTable(set))} order by member limit ${maxSampled}`;
    return rows.map(({ member }) => memberOf(member));
  });
  const refusals = new Map<string, number>();
  let example: unknown;
  for (const member of sample) {
    const mapped = segmentExport.map(member, true, settings);
    if ('reject' in mapped) refusals.set(mapped.reject, (refusals.get(mapped.reject) ?? 0) + 1);
    else example ??= mapped.payload;
  }
  const limits = segmentExport.limits(settings);
  return {
    kind: 'SegmentSyncPlan',
    account: place.account,
    objectName: place.name,
    memberCount,
    sampledCount: sample.length,
    sampledRefusals: [...refusals].map(([code, count]) => ({
      code,
      description: segmentExport.reasons[code] ?? code,
      count,
    })),
    ...effortOf(memberCount, limits),
    example: example ?? segmentExport.map({ externalId: 'user-1' }, true, settings),
  };
}

/** At most: members that the destination cannot take are not sent. */
export function effortOf(memberCount: number, { maxItems, requests: { limit, periodMs }, cost }: ExportLimits) {
  const requestCount = Math.ceil(memberCount / maxItems);
  return {
    requestCount,
    durationMs: Math.ceil((requestCount * periodMs) / limit),
    cost: cost && { unit: cost.unit, count: memberCount * cost.perItem },
  };
}
