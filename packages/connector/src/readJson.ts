import { isRecord } from '@currents/schema';
import type { HttpAnswer } from './http.js';

/** The JSON value in a body, or undefined for anything else. */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** The JSON object in a body, or undefined for anything else: an HTML page of a proxy, a truncated body, nothing. */
export function readJsonObject(body: string): Readonly<Record<string, unknown>> | undefined {
  const value = readJson(body);
  return isRecord(value) ? value : undefined;
}

/** The JSON object in the body of an answer with one of these statuses, or undefined for anything else. */
export function jsonObjectIn(
  answer: HttpAnswer,
  ...statuses: readonly number[]
): Readonly<Record<string, unknown>> | undefined {
  return 'body' in answer && statuses.includes(answer.status) ? readJsonObject(answer.body) : undefined;
}
