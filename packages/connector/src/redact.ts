/** What a quotation must not contain. */
export interface RedactOptions {
  /** All secrets in every form that was sent: the key, and the header made from it. */
  readonly secrets: readonly string[];
  /** Payloads whose values the partner may have repeated. */
  readonly payloads: readonly unknown[];
}

const maxReadLength = 1000;
const maxQuoteLength = 300;
const minTraceLength = 8;
const minValueLength = 5;
const placeholder = '[hidden]';

/**
 * A partner's message as a `detail`: one line of at most 300 characters, without traces of a secret (eight of its
 * characters in a row, any case, percent-encoded or not) and without the payloads' values of five characters or more.
 */
export function redact(words: string, hidden: RedactOptions): string {
  const text = words.slice(0, maxReadLength);
  const covered = new Uint8Array(text.length);
  for (const secret of hidden.secrets) for (const form of formsOf(secret)) coverTraces(text, form, covered);
  for (const payload of hidden.payloads) coverValues(text, payload, covered);
  const line = withoutCovered(text, covered)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return (line.length > maxQuoteLength ? `${line.slice(0, maxQuoteLength - 1)}…` : line).toWellFormed();
}

function formsOf(secret: string): Set<string> {
  return new Set([secret, encodeURIComponent(secret.toWellFormed()), JSON.stringify(secret).slice(1, -1)]);
}

function coverTraces(text: string, secret: string, covered: Uint8Array): void {
  if (secret === '') return;
  const length = Math.min(minTraceLength, secret.length);
  const folded = foldCase(secret);
  const traces = new Set<string>();
  for (let at = 0; at + length <= folded.length; at++) traces.add(folded.slice(at, at + length));
  const where = foldCase(text);
  for (let at = 0; at + length <= where.length; at++) {
    if (traces.has(where.slice(at, at + length))) covered.fill(1, at, at + length);
  }
}

/** Folds Latin letters only, so that the length does not change. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function coverValues(text: string, value: unknown, covered: Uint8Array): void {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) coverValues(text, member, covered);
  } else if (typeof value === 'string' || typeof value === 'number') {
    const quoted = String(value);
    if (quoted.length < minValueLength) return;
    for (let at = text.indexOf(quoted); at !== -1; at = text.indexOf(quoted, at + 1)) {
      covered.fill(1, at, at + quoted.length);
    }
  }
}

function withoutCovered(text: string, covered: Uint8Array): string {
  let line = '';
  for (let at = 0; at < text.length; at++) {
    if (covered[at] === 0) line += text[at];
    else if (at === 0 || covered[at - 1] === 0) line += placeholder;
  }
  return line;
}
