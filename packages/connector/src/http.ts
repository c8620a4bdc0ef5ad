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
  /** Signs the body; left out if the partner does not ask for that. */
  readonly signature?: BodySignature;
}

/**
 * A signature in the form of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com). The client makes the headers
 * `webhook-id`, `webhook-timestamp` and `webhook-signature`, because a connector has no clock. It signs the body as the
 * receiver parses it: before compression.
 */
export interface BodySignature {
  /** The same for every repetition of the request. */
  readonly id: string;
  /** `whsec_` and the key in Base64. */
  readonly secret: string;
}

/** The headers of a signature, in lower case. */
export const signatureHeaders = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

/**
 * The partner's answer, with header names in lower case, or why there is none. After `timeout` and `broken`, the partner
 * may have processed the request.
 */
export type HttpAnswer =
  | {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      /** Why the body could not be read, and is empty here: it is damaged, or broke off after a status that refuses. */
      readonly unread?: string;
    }
  | { readonly status: 0; readonly failure: 'timeout' | 'unreachable' | 'broken'; readonly detail: string };
