import type { Connector, Item } from './connector.js';
import { signatureHeaders, type HttpRequest } from './http.js';
import { hiddenValue, placeholderCredentials } from './placeholderCredentials.js';

/** A request that was not sent: its body in one piece, and `[hidden]` in place of each secret. */
export interface RecordedRequest {
  readonly method: HttpRequest['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text before compression. */
  readonly body: string;
  /** Whether the body would be compressed. */
  readonly isCompressed: boolean;
}

/**
 * The request that `send` makes of these items, without sending anything: the connector's own, made with placeholders in
 * place of the credentials. Undefined when `send` makes none. Rejects only if `send` does.
 * @param credentials those of which the request is to have the form; they are not passed on.
 */
export async function recordRequest<Settings, Credentials, Payload>(
  connector: Pick<Connector<Settings, Credentials, Payload>, 'credentials' | 'send'>,
  items: readonly Item<Payload>[],
  { settings, credentials }: { readonly settings: Settings; readonly credentials?: unknown },
): Promise<RecordedRequest | undefined> {
  let recorded: HttpRequest | undefined;
  await connector.send(items, {
    settings,
    credentials: placeholderCredentials(connector.credentials, credentials) as Credentials,
    http: {
      request: async (request) => {
        recorded ??= request;
        return { status: 0, failure: 'unreachable', detail: 'not sent' };
      },
    },
  });
  return recorded && shown(recorded);
}

function shown({ method, url, headers = {}, body = '', gzip = false, signature }: HttpRequest): RecordedRequest {
  const pieces = typeof body === 'string' ? [body] : body;
  return {
    method,
    // The placeholder, as it would be read, in a query.
    url: url.replaceAll(encodeURIComponent(hiddenValue), hiddenValue),
    headers: {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, shownHeader(name, value)])),
      // Made when it is sent: of the time, and of a secret.
      ...(signature && Object.fromEntries(signatureHeaders.map((name) => [name, hiddenValue]))),
    },
    body: Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString(),
    isCompressed: gzip,
  };
}

/** An authorization holds secrets in another encoding, such as Base64. */
function shownHeader(name: string, value: string): string {
  if (name.toLowerCase() !== 'authorization') return value;
  const [scheme = ''] = value.split(' ');
  return scheme === value ? hiddenValue : `${scheme} ${hiddenValue}`;
}
