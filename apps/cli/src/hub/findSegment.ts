import { CommandFailure, exitCodes } from '../failure.js';
import { segmentDocuments } from '../segmentDocuments.js';
import type { Hub } from './hub.js';
import { readPages } from './readPages.js';
import { unwrap, type Problem } from './unwrap.js';

/** A segment that a command is about. */
export interface SegmentRef {
  readonly id: string;
  readonly name: string;
  /** Null before its first evaluation. */
  readonly memberCount: number | null;
}

const maxSearched = 1_000;

/** The segment with this id, or with exactly this name. Throws `CommandFailure` when there is none. */
export async function findSegment(hub: Hub, idOrName: string): Promise<SegmentRef> {
  if (/^[a-z]{3}_\d+$/.test(idOrName)) {
    const { segment } = await hub.ask<{ segment: SegmentRef | Problem }>(segmentDocuments.segment, { id: idOrName });
    return unwrap(segment);
  }
  const filter = { search: idOrName };
  const { nodes } = await readPages<SegmentRef>(hub, segmentDocuments.segments, { filter }, maxSearched);
  const found = nodes.find(({ name }) => name === idOrName);
  if (found) return found;
  throw new CommandFailure(
    `there is no segment with the id or the name "${idOrName}"; see currents segments list`,
    exitCodes.negative,
  );
}
