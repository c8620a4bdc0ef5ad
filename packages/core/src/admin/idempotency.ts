import { hash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
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
const abandonedAfter = '2 minutes';
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
        or (k.state = 'in_progress' and k.created_at < now() - ${abandonedAfter}::interval)
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
  try {
    const answer = await act();
    if (!isKept(answer)) await free();
    else {
      const sealed = seal.seal(serialize(answer).toString('base64'), context);
      await sql`update idempotency_key set state = 'completed', answer = ${sealed} where ${mine}`;
    }
    return { outcome: 'answered', answer, repeated: false };
  } catch (error) {
    await free();
    throw error;
  }
}

/** Forgets the answers of more than a day ago. */
export async function pruneIdempotencyKeys({ sql }: Pick<Admin, 'sql'>): Promise<void> {
  await sql`delete from idempotency_key where created_at < now() - ${keptFor}::interval`;
}
