/**
 * The only network access of a connector, passed to `send`. Follows no redirects, keeps connections open, reads answers of
 * at most 1 MiB, and ends a request at the operator's timeout.
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
  /** A text, or pieces to be concatenated. */
  readonly body?: string | readonly BodyPiece[];
  /** Whether to compress the body and set `content-encoding`. */
  readonly gzip?: boolean;
}

/**
 * The partner's answer, with header names in lower case, or why there is none. After `timeout` and `broken`, the partner
 * may have processed the request.
 */
export type HttpAnswer =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  | { readonly status: 0; readonly failure: 'timeout' | 'unreachable' | 'broken'; readonly detail: string };
