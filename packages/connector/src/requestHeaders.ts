import { z } from 'zod';

/** The hub sets these itself, or they are of the connection. */
const ownHeaders =
  /^(host|connection|content-.*|transfer-encoding|expect|upgrade|te|trailer|keep-alive|proxy-.*|webhook-.*)$/i;

const headerName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/, 'expected the name of a header')
  .refine((name) => !ownHeaders.test(name), 'the hub sets this header itself');

/** Settings for the headers of a receiver that takes any. */
export const headerSettings = {
  tokenHeader: headerName
    .default('authorization')
    .describe('The header that has the token: authorization as “Bearer TOKEN”, any other as the token alone.'),
  headers: z
    .record(
      headerName,
      z
        .string()
        .max(1000)
        .regex(/^[\x20-\x7e]*$/, 'expected printable ASCII'),
    )
    .default({})
    .describe('More headers of each request: name → value. Admins can read them, so they are no place for secrets.'),
};

/** A token in printable ASCII, as headers take it. */
export const headerToken = z
  .string()
  .trim()
  .max(4000)
  .regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without blanks');

/**
 * The headers of a request: the connector's `own` ones, in lower case, which an admin's of the same name override, and the
 * token's, which overrides both.
 */
export function requestHeaders(
  { headers, tokenHeader }: { readonly headers: Readonly<Record<string, string>>; readonly tokenHeader: string },
  token: string | undefined,
  own: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const name = tokenHeader.toLowerCase();
  const others = Object.entries(headers).filter(([other]) => token === undefined || other.toLowerCase() !== name);
  const given = new Set(others.map(([other]) => other.toLowerCase()));
  return {
    ...Object.fromEntries(Object.entries(own).filter(([other]) => !given.has(other))),
    ...Object.fromEntries(others),
    ...(token !== undefined && { [name]: name === 'authorization' ? `Bearer ${token}` : token }),
  };
}
