import { createHash, randomBytes } from 'node:crypto';
import { pastedFault, trimPasted } from '@currents/connector';

/**
 * Makes a token: 32 random bytes, with a word in front that tells people and secret scanners what it is.
 * Only its hash is ever stored.
 */
export function makeToken(kind: 'ingest' | 'admin' | 'import' | 'webhook' | 'session'): string {
  return `cur_${kind}_${randomBytes(32).toString('base64url')}`;
}

/** A plain SHA-256 is enough: with 256 random bits there is nothing to guess that a slow hash would protect. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

const token68 = /^[A-Za-z0-9\-._~+/]+=*$/;

/** The token of an `Authorization: Bearer …` header (RFC 6750), or undefined when there is none. */
export function bearerToken(header: string | undefined): string | undefined {
  const token = /^bearer +([^ ]+) *$/i.exec(header ?? '')?.[1];
  if (token === undefined || token68.test(token)) return token;
  const trimmed = trimPasted(utf8(token));
  return token68.test(trimmed) ? trimmed : undefined;
}

/** What is wrong with a header that has no token, to follow "expected the header …, got ". It never repeats the header. */
export function bearerFault(header: string | undefined): string {
  if (header === undefined) return 'none';
  const token = /^bearer\s+(.*)$/is.exec(utf8(header))?.[1];
  if (token === undefined) return 'one without Bearer and a token';
  const fault = pastedFault(trimPasted(token));
  return fault === undefined ? 'a token with characters that no token has' : `for the token ${fault}`;
}

/** Node reads headers as Latin-1; what is pasted is UTF-8. */
function utf8(header: string): string {
  return Buffer.from(header, 'latin1').toString('utf8');
}

/** Fewer characters could be guessed. */
const minGivenCharacters = 32;

/** What a token has to be that an operator gives, for messages. */
export const givenTokenRule = `expected at least ${minGivenCharacters} characters, of letters, digits and -._~+/, as \`openssl rand -hex 32\` makes them`;

/** A token that an operator has chosen, without blanks and line ends around it; undefined when it is too short or malformed. */
export function givenToken(text: string): string | undefined {
  const token = trimPasted(text);
  return token.length >= minGivenCharacters && token68.test(token) ? token : undefined;
}
