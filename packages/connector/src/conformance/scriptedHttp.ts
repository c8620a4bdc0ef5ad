import type { StreamingHttp } from '../cohortPull.js';
import type { Http, HttpAnswer, HttpRequest } from '../http.js';

export interface ScriptedHttp extends Http {
  /** Every request so far, oldest first, with its body in one piece. */
  readonly requests: readonly (Omit<HttpRequest, 'body'> & { readonly body?: string })[];
}

/** An `Http` that returns these answers in turn and records the requests. One request too many throws. */
export function scriptedHttp(...answers: readonly HttpAnswer[]): ScriptedHttp {
  const requests: ScriptedHttp['requests'][number][] = [];
  return {
    requests,
    async request({ body, ...rest }) {
      const answer = answers[requests.length];
      const pieces = typeof body === 'string' ? [body] : body;
      const text = pieces && Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString();
      requests.push(text === undefined ? rest : { ...rest, body: text });
      if (answer === undefined) throw new Error(`expected at most ${answers.length} requests, got ${requests.length}`);
      return answer;
    },
  };
}

/** Like `scriptedHttp`, for pulls: a streamed body arrives in pieces of `pieceBytes`. */
export function scriptedStreams(answers: readonly HttpAnswer[], pieceBytes = 7): ScriptedHttp & StreamingHttp {
  const http = scriptedHttp(...answers);
  return {
    ...http,
    async stream(request, onChunk) {
      const answer = await http.request(request);
      if ('failure' in answer || answer.status < 200 || answer.status >= 300) return answer;
      const bytes = Buffer.from(answer.body);
      for (let at = 0; at < bytes.length; at += pieceBytes) await onChunk(bytes.subarray(at, at + pieceBytes));
      return { ...answer, body: '' };
    },
  };
}
