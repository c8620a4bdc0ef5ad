import type { Http, HttpAnswer, HttpRequest } from '../http.js';

/** A request as the partner would have seen it: its body in one piece. */
export type SeenRequest = Omit<HttpRequest, 'body'> & { readonly body?: string };

export interface ScriptedHttp extends Http {
  /** Every request so far, oldest first. */
  readonly requests: readonly SeenRequest[];
}

/** An `Http` that gives the answers it was made with, in turn, and records what it was asked. One request too many throws. */
export function scriptedHttp(...answers: readonly HttpAnswer[]): ScriptedHttp {
  const requests: SeenRequest[] = [];
  return {
    requests,
    async request(request) {
      const answer = answers[requests.length];
      requests.push(seen(request));
      if (answer === undefined) {
        throw new Error(`request ${requests.length} was made; the script has ${answers.length} answer(s)`);
      }
      return answer;
    },
  };
}

export function seen({ body, ...request }: HttpRequest): SeenRequest {
  if (body === undefined) return request;
  const pieces = typeof body === 'string' ? [body] : body;
  return { ...request, body: Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString() };
}
