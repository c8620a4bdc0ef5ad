import type { Push } from './cohortImport.js';

/** User and password of an `Authorization: Basic …` header; undefined when there is none that can be read. */
export function basicCredentials(push: Push): { readonly user: string; readonly password: string } | undefined {
  const packed = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(push.headers['authorization'] ?? '')?.[1];
  if (packed === undefined) return undefined;
  const pair = Buffer.from(packed, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : { user: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

/** The token of an `Authorization: Bearer …` header, or undefined. */
export function bearerToken(push: Push): string | undefined {
  return /^bearer +(\S+) *$/i.exec(push.headers['authorization'] ?? '')?.[1];
}

/** The first of these that is a text with something in it. */
export function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value.trim() !== '');
}
