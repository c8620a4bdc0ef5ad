import type { StreamingHttp } from '../cohortPull.js';
import type { HttpAnswer, HttpRequest } from '../http.js';

export interface ScriptedStreams extends StreamingHttp {
  /** Every request so far, oldest first. */
  readonly requests: readonly HttpRequest[];
}

/** As `scriptedHttp`, for pulls: a streamed body comes in pieces of `pieceBytes`, cut wherever that is. */
export function scriptedStreams(answers: readonly HttpAnswer[], pieceBytes = 7): ScriptedStreams {
  const requests: HttpRequest[] = [];
  async function request(asked: HttpRequest): Promise<HttpAnswer> {
    const answer = answers[requests.length];
    requests.push(asked);
    if (answer === undefined)
      throw new Error(`request ${requests.length} was made; the script has ${answers.length} answer(s)`);
    return answer;
  }
  return {
    requests,
    request,
    async stream(asked, take) {
      const answer = await request(asked);
      if ('failure' in answer || answer.status < 200 || answer.status >= 300) return answer;
      const bytes = Buffer.from(answer.body);
      for (let at = 0; at < bytes.length; at += pieceBytes) await take(bytes.subarray(at, at + pieceBytes));
      return { ...answer, body: '' };
    },
  };
}
