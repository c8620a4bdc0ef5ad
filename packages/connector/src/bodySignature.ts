import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Item } from './connector.js';
import type { BodySignature } from './http.js';

/** A key of 24 to 64 bytes, as Standard Webhooks has it. */
export const signingSecret = z
  .string()
  .trim()
  .regex(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, 'expected whsec_ and a key of 24 to 64 bytes in Base64')
  .describe('Signs each request in the form of Standard Webhooks: whsec_ and a key of 24 to 64 bytes in Base64.');

/** The signature of a request with these events; its id is the same whenever the same events are sent together. */
export function bodySignature(
  items: readonly Item<unknown>[],
  secret: string | undefined,
): { readonly signature?: BodySignature } {
  if (secret === undefined) return {};
  const hash = createHash('sha256');
  // A line each, whatever an id holds: receivers drop a request whose id they have seen.
  for (const { id } of items) hash.update(/^"|\n/.test(id) ? JSON.stringify(id) : id).update('\n');
  return { signature: { id: `msg_${hash.digest('hex').slice(0, 32)}`, secret } };
}
