import { eq, sql } from 'drizzle-orm';
import type { SegmentExport } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { rowId } from '../admin/page.js';
import { fieldProblem, inputInvalid, type InputInvalid, type Problem } from '../admin/problem.js';
import { problemsIn } from '../currents/createCurrent.js';
import { checkCredentials, checkSettings, type Problems, type Settings } from '../currents/settings.js';
import { violatesUnique } from '../db/errors.js';
import { segment, segmentSync } from '../db/schema.js';
import { syncSealContext } from '../loadSync.js';
import { segmentNotFound, type SegmentNotFound } from '../segments/segmentView.js';
import { getSync, type SegmentSyncView } from './syncView.js';

interface NewSync {
  readonly segmentId: string;
  readonly destination: string;
  readonly settings: unknown;
  readonly credentials: unknown;
}

/** Another sync of this hub writes to the same place. */
export type SyncObjectTaken = Problem<'SegmentSyncObjectTaken', { segmentSyncId: string }>;

export type CreateSyncResult = SegmentSyncView | SegmentNotFound | InputInvalid | SyncObjectTaken;

/** Creates a sync as a draft: nothing is sent until it is launched. */
export async function createSync(admin: Admin, given: NewSync): Promise<CreateSyncResult> {
  const segmentExport = findSegmentExport(admin, given.destination);
  if ('problems' in segmentExport) return inputInvalid(segmentExport.problems);
  const settings = checkSettings(segmentExport, given.settings, admin);
  const credentials = checkCredentials(segmentExport, given.credentials);
  if ('problems' in settings || 'problems' in credentials) return inputInvalid(problemsIn(settings, credentials));
  const place = segmentExport.objectOf(settings.settings);
  return unlessObjectTaken(admin, { destination: segmentExport.name, ...place }, async () => {
    const id = await admin.db.transaction(async (tx) => {
      const [from] = await tx
        .select({ id: segment.id })
        .from(segment)
        .where(sql`${segment.id} = ${rowId(given.segmentId) ?? 0} and ${segment.deletedAt} is null`)
        .for('share');
      if (!from) return undefined;
      const [row] = await tx
        .insert(segmentSync)
        .values({
          segmentId: from.id,
          destination: segmentExport.name,
          settings: settings.settings,
          account: place.account,
          objectName: place.name,
        })
        .returning({ id: segmentSync.id });
      const { id } = row as { readonly id: number };
      // The seal is bound to the id.
      const sealed = admin.seal.seal(JSON.stringify(credentials.credentials), syncSealContext(id));
      await tx.update(segmentSync).set({ credentials: sealed }).where(eq(segmentSync.id, id));
      return id;
    });
    return id === undefined ? segmentNotFound : ((await getSync(admin, String(id))) as SegmentSyncView);
  });
}

/** The destination of segments with this name, or that there is none. */
export function findSegmentExport(
  { segmentExports }: Pick<Admin, 'segmentExports'>,
  name: string,
): SegmentExport | Problems {
  const found = segmentExports.get(name);
  if (found) return found;
  const known = [...segmentExports.keys()];
  const message = `expected ${known.join(' or ') || 'no destination, because there is none'}, got ${JSON.stringify(name.slice(0, 100))}`;
  return { problems: [fieldProblem('destination', 'unknown_value', message, known)] };
}

/** Writes a sync, unless another one has its place. Writes again if that one has given it up meanwhile. */
async function unlessObjectTaken<Result>(
  admin: Admin,
  place: { readonly destination: string; readonly account: string; readonly name: string },
  write: () => Promise<Result>,
): Promise<Result | SyncObjectTaken> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!violatesUnique(error, 'segment_sync_object')) throw error;
      const owner = await findOwner(admin, place);
      if (owner !== undefined) return objectTaken(place.name, owner);
    }
  }
}

/** The id of the sync that writes to this place, if there is one. */
export async function findOwner(
  { db }: Pick<Admin, 'db'>,
  { destination, account, name }: { readonly destination: string; readonly account: string; readonly name: string },
): Promise<string | undefined> {
  const [row] = await db
    .select({ id: segmentSync.id })
    .from(segmentSync)
    .where(
      sql`${segmentSync.destination} = ${destination} and lower(${segmentSync.account}) = lower(${account})
        and lower(${segmentSync.objectName}) = lower(${name}) and ${segmentSync.state} <> 'deleted'`,
    );
  return row && String(row.id);
}

export function objectTaken(name: string, segmentSyncId: string): SyncObjectTaken {
  const message = `another sync of this hub writes to ${JSON.stringify(name)} there; choose another name`;
  return { kind: 'SegmentSyncObjectTaken', message, segmentSyncId };
}

export type { Settings as SyncSettings };
