const IN_SECONDS = /^\d{1,9}$/;

/**
 * How long a partner asks to be left alone (RFC 9110, Retry-After: seconds or a date), kept between the two bounds.
 * A date is counted from the answer's own `date` header, so nobody's clock matters. Undefined when nothing usable was said.
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
  if (IN_SECONDS.test(asked)) return Number(asked) * 1000;
  if (!asked.endsWith('GMT')) return undefined;
  const waitMs = Date.parse(asked) - Date.parse(headers['date'] ?? '');
  return Number.isNaN(waitMs) ? undefined : waitMs;
}
