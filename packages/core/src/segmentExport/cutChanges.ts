import { randomBytes } from 'node:crypto';
import type { ExportLimits, Item, SegmentExport } from '@currents/connector';
import { memberOf } from '../cohorts/memberKey.js';
import type { Candidate } from './findCandidates.js';

/** One user's change. The id of the item is the member's key. */
export interface ChangeItem extends Item<unknown> {
  readonly isMember: boolean;
  /** How often the same was sent and deferred before. */
  readonly tries: number;
}

/** The changes of one request, under an id of its own. */
export interface ChangeRequest {
  readonly id: string;
  readonly items: readonly ChangeItem[];
}

/** A change that the destination cannot take. */
export interface RefusedChange {
  readonly member: string;
  readonly isMember: boolean;
  readonly code: string;
  readonly detail: string;
}

/** Maps changes, and cuts them into requests within the destination's limits. */
export function cutChanges(
  { map }: Pick<SegmentExport, 'map'>,
  settings: unknown,
  chosen: readonly Candidate[],
  limits: Pick<ExportLimits, 'maxItems' | 'maxBytes' | 'wrapBytes'>,
): { readonly requests: readonly ChangeRequest[]; readonly refused: readonly RefusedChange[] } {
  const refused: RefusedChange[] = [];
  const requests: ChangeRequest[] = [];
  let items: ChangeItem[] = [];
  let bytes = limits.wrapBytes;

  function close(): void {
    if (items.length > 0) requests.push({ id: newRequestId(), items });
    items = [];
    bytes = limits.wrapBytes;
  }

  for (const { member, isMember, before } of chosen) {
    const mapped = map(memberOf(member), isMember, settings);
    if ('reject' in mapped) {
      refused.push({ member, isMember, code: mapped.reject, detail: mapped.detail });
      continue;
    }
    const json = JSON.stringify(mapped.payload);
    const size = Buffer.byteLength(json) + 1;
    if (items.length === limits.maxItems || bytes + size > limits.maxBytes) close();
    const tries = before?.isMember === isMember && before.state === 'pending' ? before.tries : 0;
    items.push({ id: member, payload: mapped.payload, json, isMember, tries });
    bytes += size;
  }
  close();
  return { requests, refused };
}

function newRequestId(): string {
  return (randomBytes(8).readBigUInt64BE() >> 1n).toString();
}
