const inSeconds = /^\d{1,9}$/;

/**
 * The wait in `Retry-After` (RFC 9110: seconds or a date), limited to the bounds. A date is relative to the answer's own
 * `date` header, so no clock is needed. Undefined when the header is missing or malformed.
 */
export function retryAfterMs(
  headers: Readonly<Record<string, string>>,
  bounds: { readonly minMs: number; readonly maxMs: number },
): number | undefined {
  const waitMs = readRetryAfterMs(headers);
  return waitMs === undefined ? undefined : Math.min(Math.max(waitMs, bounds.minMs), bounds.maxMs);
}

function readRetryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  if (inSeconds.test(value)) return Number(value) * 1000;
  if (!value.endsWith('GMT')) return undefined;
  const waitMs = Date.parse(value) - Date.parse(headers['date'] ?? '');
  return Number.isNaN(waitMs) ? undefined : waitMs;
}
