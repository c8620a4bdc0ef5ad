import { hash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { endLease } from '../db/endLease.js';
import type { Admin } from './admin.js';

/** A mutation that an admin may repeat under a key of their own. */
interface IdempotentRequest {
  readonly adminTokenId: string;
  readonly key: string;
  /** Name of the mutation. */
  readonly mutation: string;
  /** Its arguments. The same request has the same. */
  readonly args: unknown;
}

type Idempotent<Answer> =
  | { readonly outcome: 'answered'; readonly answer: Answer; readonly repeated: boolean }
  | { readonly outcome: 'reused' }
  | { readonly outcome: 'inUse' };

type Deps = Pick<Admin, 'sql' | 'seal'>;

/** A request without an answer for so long was given up: its process is gone. */
const abandonedMs = 120_000;
/** For so long a request waits for the database to keep its answer. */
const keepMs = 10_000;
const keptFor = '24 hours';

/**
 * Runs `act` once for each idempotency key of an admin token and returns its answer to every repetition of the request
 * for 24 hours. An answer is kept only when `isKept` says so, and sealed, because it may hold a token that is shown
 * once; after any other answer, and when `act` throws, the key is free again.
 */
export async function runOnce<Answer>(
  deps: Deps,
  request: IdempotentRequest,
  act: () => Promise<Answer>,
  isKept: (answer: Answer) => boolean,
): Promise<Idempotent<Answer>> {
  const { sql, seal } = deps;
  const { adminTokenId, key } = request;
  const requestHash = hash('sha256', JSON.stringify([request.mutation, request.args]), 'buffer');
  const context = `idempotency:${adminTokenId}:${key}`;
  // One statement takes the key: of two requests at once, one gets a row.
  const [taken] = await sql`
    insert into idempotency_key as k (admin_token_id, key, mutation, request_hash)
    values (${Number(adminTokenId)}, ${key}, ${request.mutation}, ${requestHash})
    on conflict (admin_token_id, key) do update
      set mutation = excluded.mutation, request_hash = excluded.request_hash, state = 'in_progress', answer = null, created_at = now()
      where k.created_at < now() - ${keptFor}::interval
        or (k.state = 'in_progress' and k.created_at < now() - ${abandonedMs}::float8 * interval '1 millisecond')
    returning created_at::text`;
  if (!taken) {
    const [known] = await sql<{ request_hash: Buffer; answer: Buffer | null }[]>`
      select request_hash, answer from idempotency_key where admin_token_id = ${Number(adminTokenId)} and key = ${key}`;
    // Its owner has freed it in this moment.
    if (!known) return runOnce(deps, request, act, isKept);
    if (!known.request_hash.equals(requestHash)) return { outcome: 'reused' };
    if (known.answer === null) return { outcome: 'inUse' };
    const answer = deserialize(Buffer.from(seal.open(known.answer, context), 'base64')) as Answer;
    return { outcome: 'answered', answer, repeated: true };
  }
  const mine = sql`admin_token_id = ${Number(adminTokenId)} and key = ${key} and created_at = ${taken['created_at'] as string}::text::timestamptz`;
  const free = async (): Promise<void> => void (await sql`delete from idempotency_key where ${mine}`);
  let answer: Answer;
  let sealed: Buffer | undefined;
  try {
    answer = await act();
    sealed = isKept(answer) ? seal.seal(serialize(answer).toString('base64'), context) : undefined;
  } catch (error) {
    await freeSoon(free);
    throw error;
  }
  if (sealed === undefined) await freeSoon(free);
  // The caller gets the answer in any case, and then has nothing to repeat. A key whose answer could not be kept counts as
  // abandoned later.
  else await keep(sealed).catch(() => undefined);
  return { outcome: 'answered', answer, repeated: false };

  /** What is done must not be done again, so the key is not freed when the database goes at this moment. */
  function keep(bytes: Buffer): Promise<unknown> {
    const update = () => sql`update idempotency_key set state = 'completed', answer = ${bytes} where ${mine}`;
    return endLease(update, { leaseMs: keepMs, isStopping: () => false });
  }
}

/** In an outage, the key is freed once the database is back; the caller does not wait for that. */
async function freeSoon(free: () => Promise<void>): Promise<void> {
  try {
    await free();
  } catch {
    void endLease(free, { leaseMs: abandonedMs, isStopping: () => false }).catch(() => undefined);
  }
}

/** Forgets the answers of more than a day ago. */
export async function pruneIdempotencyKeys({ sql }: Pick<Admin, 'sql'>): Promise<void> {
  await sql`delete from idempotency_key where created_at < now() - ${keptFor}::interval`;
}
