/** What must not be read in a quotation. */
export interface RedactOptions {
  /** All secrets in every form that was sent: the key itself, and the header made of it. */
  readonly secrets: readonly string[];
  /** Payloads whose values the partner may have repeated. */
  readonly payloads: readonly unknown[];
}

const maxRead = 1000;
const maxQuoted = 300;
const SECRET_TRACE = 8;
const SHORTEST_VALUE = 5;
const HIDDEN = '[hidden]';

/**
 * A partner's own words, fit for a `detail`: one line, at most 300 characters, without a trace of a secret (eight of
 * its characters in a row, any case, percent-encoded or not) and without the payloads' values of five characters or more.
 */
export function redact(words: string, hidden: RedactOptions): string {
  const text = words.slice(0, maxRead);
  const covered = new Uint8Array(text.length);
  for (const secret of hidden.secrets) for (const form of formsOf(secret)) coverTraces(text, form, covered);
  for (const payload of hidden.payloads) coverValues(text, payload, covered);
  const line = withoutCovered(text, covered)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return (line.length > maxQuoted ? `${line.slice(0, maxQuoted - 1)}…` : line).toWellFormed();
}

function formsOf(secret: string): Set<string> {
  return new Set([secret, encodeURIComponent(secret.toWellFormed()), JSON.stringify(secret).slice(1, -1)]);
}

function coverTraces(text: string, secret: string, covered: Uint8Array): void {
  if (secret === '') return;
  const length = Math.min(SECRET_TRACE, secret.length);
  const folded = foldCase(secret);
  const traces = new Set<string>();
  for (let at = 0; at + length <= folded.length; at++) traces.add(folded.slice(at, at + length));
  const where = foldCase(text);
  for (let at = 0; at + length <= where.length; at++) {
    if (traces.has(where.slice(at, at + length))) covered.fill(1, at, at + length);
  }
}

/** Latin letters only, so that the length stays what it was. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function coverValues(text: string, value: unknown, covered: Uint8Array): void {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) coverValues(text, member, covered);
  } else if (typeof value === 'string' || typeof value === 'number') {
    const said = String(value);
    if (said.length < SHORTEST_VALUE) return;
    for (let at = text.indexOf(said); at !== -1; at = text.indexOf(said, at + 1)) {
      covered.fill(1, at, at + said.length);
    }
  }
}

function withoutCovered(text: string, covered: Uint8Array): string {
  let line = '';
  for (let at = 0; at < text.length; at++) {
    if (covered[at] === 0) line += text[at];
    else if (at === 0 || covered[at - 1] === 0) line += HIDDEN;
  }
  return line;
}
