import { empty, json, type Answer, type Dialect, type FakeRequest } from '../exchange.js';
import type { FaultAction } from './rule.js';

/** The end of a request that a fault has answered or cut off. */
export type FaultEnd =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'truncated'; readonly answer: Answer; readonly sentBytes?: number | undefined }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'refuse'; readonly seconds: number };

/** The end of a request by `action`; undefined if the request continues. `natural`: the response without the fault. */
export function endOf(
  action: FaultAction,
  request: FakeRequest,
  natural: Answer | undefined,
  dialect: Dialect,
  now: () => number,
): FaultEnd | undefined {
  switch (action.kind) {
    case 'status':
      return answer(statusAnswer(action.status, action.body, action.headers));
    case 'html':
      return answer(proxyPage(action.status ?? 502));
    case 'emptyBody':
      return answer(empty(action.status));
    case 'truncatedBody':
      return { kind: 'truncated', answer: natural ?? proxyPage(502), sentBytes: action.sentBytes };
    case 'hang':
      return { kind: 'hang' };
    case 'reset':
    case 'keepaliveClose':
      return { kind: 'reset' };
    case 'refuse':
      return { kind: 'refuse', seconds: action.seconds };
    case 'redirect':
      return answer({ ...empty(action.status ?? 307), headers: { location: action.location } });
    case 'blanket400':
      return answer(dialect.refusedWithoutDetails());
    case 'waf403':
      return answer(dialect.forbidden());
    case 'flip429': {
      const refusal = dialect.tooManyRequests(request, action.named ?? 'none');
      if (action.retryAfterSeconds === undefined) return answer(refusal);
      const value = retryAfter(action.retryAfterSeconds, action.retryAfterForm ?? 'seconds', now());
      return answer({ ...refusal, headers: { ...refusal.headers, 'retry-after': value } });
    }
    case 'credentialsRevoked':
      return answer(dialect.revoked(request));
    case 'gzipRefuse':
      return answer(dialect.gzipRefused(action.status ?? 400));
    default:
      return undefined;
  }
}

/** A Retry-After value in either of the forms HTTP allows. */
export function retryAfter(seconds: number, form: 'seconds' | 'date', nowMs: number): string {
  return form === 'seconds' ? String(seconds) : new Date(nowMs + seconds * 1000).toUTCString();
}

function answer(made: Answer): FaultEnd {
  return { kind: 'answer', answer: made };
}

function statusAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  if (body === undefined) return { ...empty(status), headers };
  if (typeof body !== 'string') return json(status, body, headers);
  return { status, body, contentType: body.startsWith('<') ? 'text/html' : 'text/plain; charset=utf-8', headers };
}

const titles: Readonly<Record<number, string>> = {
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

function proxyPage(status: number): Answer {
  const title = `${status} ${titles[status] ?? 'Error'}`;
  const top = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n`;
  const body = `${top}<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return { status, body, contentType: 'text/html' };
}
