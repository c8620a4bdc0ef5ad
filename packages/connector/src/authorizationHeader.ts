import type { Push } from './cohortImport.js';

/** The value of an `Authorization` header with Basic authentication (RFC 7617). */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** User and password of an `Authorization: Basic …` header; undefined when it is missing or malformed. */
export function basicCredentials(push: Push): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(push.headers['authorization'] ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : { user: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

/** The token of an `Authorization: Bearer …` header, or undefined. */
export function bearerToken(push: Push): string | undefined {
  return /^bearer +(\S+) *$/i.exec(push.headers['authorization'] ?? '')?.[1];
}

/** The first of the values that is a string and not blank. */
export function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value.trim() !== '');
}
