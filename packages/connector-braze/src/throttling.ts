import type { HttpAnswer } from '@currents/connector';

/** A larger `x-ratelimit-reset` is a time, a smaller one a wait: Braze's pages say either. */
const minEpochSeconds = 1_000_000_000;
const wholeSeconds = /^\d{1,12}$/;

/** The answer with the wait that a 429 asks for in `retry-after`, from whichever header of Braze's has it. */
export function throttledAnswer(answer: HttpAnswer): HttpAnswer {
  if ('failure' in answer || answer.status !== 429 || answer.headers['retry-after'] !== undefined) return answer;
  const { headers } = answer;
  const seconds = secondsIn(headers['x-ratelimit-retry-after']) ?? secondsUntil(headers);
  return seconds === undefined ? answer : { ...answer, headers: { ...headers, 'retry-after': String(seconds) } };
}

/** A time is relative to the answer's own `date`, so no clock is needed. */
function secondsUntil(headers: Readonly<Record<string, string>>): number | undefined {
  const reset = secondsIn(headers['x-ratelimit-reset']);
  if (reset === undefined || reset <= minEpochSeconds) return reset;
  const nowMs = Date.parse(headers['date'] ?? '');
  return Number.isNaN(nowMs) ? undefined : Math.max(0, Math.ceil(reset - nowMs / 1_000));
}

function secondsIn(text: string | undefined): number | undefined {
  return text !== undefined && wholeSeconds.test(text.trim()) ? Number(text.trim()) : undefined;
}
