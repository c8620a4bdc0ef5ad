import { sql } from 'drizzle-orm';
import type { Db } from '../../admin/admin.js';
import { eraseStep } from '../../privacy/erase.js';
import { nothingErased, type ErasureProgress } from '../../privacy/erasure.js';
import { nothingSearched, searchStep, type SearchProgress } from '../../privacy/findDeletedIds.js';
import { readDeletedHashes } from '../../privacy/userDeletions.js';
import { createUserMatcher, type DeletedId } from '../../privacy/userIds.js';
import type { Seal } from '../../secrets/seal.js';
import type { Operation } from '../operation.js';

export interface RepeatInput {
  readonly isDryRun: boolean;
  /** Deletions that a dry run is to know beside those that are stored. */
  readonly records?: readonly { readonly requestedMs: number; readonly hashes: readonly string[] }[];
}

export interface RepeatProgress {
  readonly search: SearchProgress;
  /** The ids that were found, sealed; absent once they are deleted. */
  readonly sealed?: string;
  readonly idCount: number;
  /** Undefined while ids are looked for. */
  readonly erasure?: ErasureProgress;
}

const context = 'repeat_user_deletions';

/** First looks for ids whose hashes are known, then deletes what is stored of them. */
export const repeatUserDeletions: Operation<RepeatInput, RepeatProgress> = {
  async start({ db }) {
    const [row] = await db.execute<{ n: number }>(sql`select count(*)::float8 as n from batch`);
    return { progress: { search: nothingSearched, idCount: 0 }, totalCount: row?.n ?? 0 };
  },
  async step(admin, { isDryRun, records = [] }, progress, save) {
    const known = open(admin.seal, progress.sealed);
    if (!progress.erasure) {
      const { ids, next } = await searchStep(admin, await hashesOf(admin, records), progress.search);
      const all = [...new Map([...known, ...ids].map((each) => [each.kind + each.id, each])).values()];
      const found: RepeatProgress = {
        search: next,
        idCount: all.length,
        ...(all.length > 0 && { sealed: sealIds(admin.seal, all) }),
        ...(next.place === 'done' && { erasure: nothingErased }),
      };
      await save(admin.db, found);
      return found;
    }
    if (known.length === 0) return undefined;
    const users = createUserMatcher(known);
    // Anew in every step, so that it undoes no resealing under another key.
    const sealed = sealIds(admin.seal, known);
    let done = progress;
    await eraseStep(
      { admin, users, isDryRun, save: (tx, erasure) => save(tx, (done = { ...progress, sealed, erasure })) },
      progress.erasure,
    ).then(async (erasure) => {
      if (erasure) done = { ...progress, sealed, erasure };
      else {
        const { sealed: _ended, ...rest } = progress;
        await save(admin.db, (done = rest));
      }
    });
    return done;
  },
  doneCount: ({ search, erasure }) => (erasure ? erasure.counts.batchCount : search.readCount),
  result: ({ idCount, erasure = nothingErased }) => ({ idCount, ...erasure.counts }),
};

async function hashesOf(admin: Db, records: NonNullable<RepeatInput['records']>): Promise<ReadonlyMap<string, number>> {
  const hashes = new Map(await readDeletedHashes(admin));
  for (const { requestedMs, hashes: more } of records)
    for (const hash of more) hashes.set(hash, Math.max(requestedMs, hashes.get(hash) ?? 0));
  return hashes;
}

function sealIds(seal: Pick<Seal, 'seal'>, ids: readonly DeletedId[]): string {
  return seal.seal(JSON.stringify(ids), context).toString('base64');
}

function open(seal: Pick<Seal, 'open'>, sealed: string | undefined): readonly DeletedId[] {
  if (sealed === undefined) return [];
  return JSON.parse(seal.open(Buffer.from(sealed, 'base64'), context)) as readonly DeletedId[];
}
