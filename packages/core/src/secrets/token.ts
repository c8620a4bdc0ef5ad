import { createHash, randomBytes } from 'node:crypto';

/**
 * Makes a token: 32 random bytes, with a word in front that tells people and secret scanners what it is.
 * Only its hash is ever stored.
 */
export function makeToken(kind: 'ingest' | 'admin' | 'import' | 'webhook'): string {
  return `cur_${kind}_${randomBytes(32).toString('base64url')}`;
}

/** A plain SHA-256 is enough: with 256 random bits there is nothing to guess that a slow hash would protect. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The token of an `Authorization: Bearer …` header, or undefined when there is none. */
export function bearerToken(header: string | undefined): string | undefined {
  const match = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(header ?? '');
  return match?.[1];
}

/** Fewer characters could be guessed. */
const minGivenCharacters = 32;

/** What a token has to be that an operator gives, for messages. */
export const givenTokenRule = `expected at least ${minGivenCharacters} characters, of letters, digits and -._~+/, as \`openssl rand -hex 32\` makes them`;

/** A token that an operator has chosen, without blanks and line ends around it; undefined when it is too short or malformed. */
export function givenToken(text: string): string | undefined {
  const token = text.trim();
  return token.length >= minGivenCharacters && /^[A-Za-z0-9\-._~+/]+=*$/.test(token) ? token : undefined;
}
