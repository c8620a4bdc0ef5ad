/**
 * The only network access of a connector, passed to `send`. Follows no redirect, keeps connections open, reads an answer of
 * at most 1 MiB, and gives up after the operator's request timeout.
 */
export interface Http {
  request(request: HttpRequest): Promise<HttpAnswer>;
}

/** Text, or the bytes of text in UTF-8. */
export type BodyPiece = string | Uint8Array;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In one piece, or in several that belong together. */
  readonly body?: string | readonly BodyPiece[];
  /** Compress the body and say so in `content-encoding`. */
  readonly gzip?: boolean;
}

/**
 * Either what the partner answered, its header names in lower case, or why there is no answer (`timeout` and `broken`:
 * the partner may have acted on the request all the same).
 */
export type HttpAnswer =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  | { readonly status: 0; readonly failure: 'timeout' | 'unreachable' | 'broken'; readonly detail: string };
