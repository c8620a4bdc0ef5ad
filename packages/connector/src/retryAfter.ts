const inSeconds = /^\d{1,9}$/;

/**
 * The wait in `Retry-After` (RFC 9110: seconds or a date), limited to the bounds. A date is relative to the answer's own
 * `date` header, so no clock is needed. Undefined when the header is missing or malformed.
 */
export function retryAfterMs(
  headers: Readonly<Record<string, string>>,
  bounds: { readonly minMs: number; readonly maxMs: number },
): number | undefined {
  const asked = readRetryAfterMs(headers);
  return asked === undefined ? undefined : Math.min(Math.max(asked, bounds.minMs), bounds.maxMs);
}

function readRetryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const asked = headers['retry-after']?.trim();
  if (asked === undefined) return undefined;
  if (inSeconds.test(asked)) return Number(asked) * 1000;
  if (!asked.endsWith('GMT')) return undefined;
  const waitMs = Date.parse(asked) - Date.parse(headers['date'] ?? '');
  return Number.isNaN(waitMs) ? undefined : waitMs;
}
