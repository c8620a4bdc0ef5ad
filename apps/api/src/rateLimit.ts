import type { RateState, TokenRate } from '@currents/core';
import type { FastifyReply } from 'fastify';
import { refuse } from './problem.js';

/**
 * Says in the answer what the token's limits are and how far they are used, in the fields `RateLimit-Policy` and `RateLimit`
 * of draft-ietf-httpapi-ratelimit-headers-10.
 */
export function setRateLimit(reply: FastifyReply, states: readonly RateState[]): void {
  const units = { events: '', bytes: ';qu="content-bytes"' };
  const policies = states.map(({ name, limit }) => `"${name}";q=${limit};w=1${units[name]}`);
  const uses = states.map(({ name, remaining, resetMs }) => `"${name}";r=${remaining};t=${seconds(resetMs)}`);
  reply.header('ratelimit-policy', policies.join(', ')).header('ratelimit', uses.join(', '));
}

/**
 * Refuses the request if its token is over one of these limits; undefined if it is within them. A limit that counts the
 * request already is not among them: a request is not refused for its own size.
 */
export function refuseBeyondLimit(
  reply: FastifyReply,
  rate: TokenRate,
  limits: readonly RateState['name'][],
): FastifyReply | undefined {
  const states = rate.states();
  const used = states.filter(({ name, waitMs }) => waitMs > 0 && limits.includes(name));
  const [first] = used;
  if (!first) return undefined;
  setRateLimit(reply, states);
  const waitSeconds = seconds(Math.max(...used.map(({ waitMs }) => waitMs)));
  reply.header('retry-after', waitSeconds);
  return refuse(reply, {
    code: 'RATE_LIMITED',
    detail: `this ingest token may send ${first.limit} ${first.name} a second and has sent more; repeat the same request in ${waitSeconds} s`,
  });
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
