import type { Http, HttpAnswer, HttpRequest } from '../http.js';

export interface ScriptedHttp extends Http {
  /** Every request so far, oldest first. */
  readonly requests: readonly HttpRequest[];
}

/** An `Http` that gives the answers it was made with, in turn, and records what it was asked. One request too many throws. */
export function scriptedHttp(...answers: readonly HttpAnswer[]): ScriptedHttp {
  const requests: HttpRequest[] = [];
  return {
    requests,
    async request(request) {
      const answer = answers[requests.length];
      requests.push(request);
      if (answer === undefined) {
        throw new Error(`request ${requests.length} was made; the script has ${answers.length} answer(s)`);
      }
      return answer;
    },
  };
}
