import type { Decision, FakeRequest } from '../exchange.js';
import { decided, empty, text } from '../exchange.js';
import { decodeText, parseJson } from '../strictJson.js';
import type { ProjectState } from './project.js';

const maxQueryBytes = 8 * 1024;

/** Decides requests to /identify: form fields `api_key` and `identification`. Amplitude, Identify API. */
export function decideIdentify(request: FakeRequest, projects: readonly ProjectState[]): Decision {
  const say = decided.bind(undefined, request);
  if (request.method === 'GET' && request.queryText.length > maxQueryBytes) return say(empty(414), 'query too long');
  const form = request.method === 'GET' ? request.query : new URLSearchParams(decodeText(request.body).text);
  const known = projects.some(
    ({ project, region }) => project.apiKey === form.get('api_key') && region === request.listener,
  );
  if (!known) return say(text(400, 'invalid_api_key'), 'unknown key'); // assumed
  const parsed = parseJson(form.get('identification') ?? '');
  const isUsable = 'value' in parsed && typeof parsed.value === 'object' && parsed.value !== null;
  return isUsable ? say(text(200, 'success'), 'identified') : say(text(400, 'missing_event'), 'no identification');
}
