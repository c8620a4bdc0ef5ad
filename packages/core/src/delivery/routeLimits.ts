import type { RateLimit, RequestLimits } from '@currents/connector';

/** The limits of requests on a route, by default those of all others. The bytes may be fewer than declared, so they only fall. */
export function limitsOf<Limits extends Partial<RequestLimits> & Pick<RateLimit<unknown>, 'routes'>>(
  limits: Limits,
  route: string | undefined,
): Limits {
  const own = route === undefined ? undefined : limits.routes?.[route];
  if (own === undefined) return limits;
  const { maxBytes = Infinity } = limits;
  return { ...limits, ...own, maxBytes: Math.min(maxBytes, own.maxBytes ?? maxBytes) };
}
