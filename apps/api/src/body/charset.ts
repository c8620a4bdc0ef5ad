import type { Refusal } from '../problem.js';

const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i;
/** ASCII is a part of UTF-8. */
const readable = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);

/** Refuses a content type whose charset is not UTF-8 (RFC 8259, 8.1); undefined if there is nothing to refuse. */
export function charsetRefusal(contentType: string | undefined): Refusal | undefined {
  const named = contentType === undefined ? undefined : charset.exec(contentType)?.[1];
  if (named === undefined || readable.has(named.toLowerCase())) return undefined;
  return { code: 'UNSUPPORTED_CHARSET', detail: 'expected a body in UTF-8, got another charset in content-type' };
}
